"""Bringing a resource's file into the run's work folder: by http from anywhere, or from CKAN's own storage."""

from __future__ import annotations
