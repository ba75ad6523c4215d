"""Repairs: roll back or complete runs that failed or died, and remove the tables of deleted resources."""
