"""Column types: the kind of a column's values, and the PostgreSQL type and cast that they get."""
