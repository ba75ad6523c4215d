"""Repairs: what runs that failed or died have left is undone or completed; tables of deleted resources are removed."""
