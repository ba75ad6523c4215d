"""Descriptions of columns: the registry of columns, drafts, and the queue of columns that need a description."""
