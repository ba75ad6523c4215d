"""Column types: what a column's values are, and which PostgreSQL type and cast they get."""
