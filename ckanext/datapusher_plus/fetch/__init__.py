"""Fetch a resource's file into the run's work folder, by HTTP or from CKAN's own storage."""

from __future__ import annotations
