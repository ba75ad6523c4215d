"""Statistics of resources' tables: make them from the table, store them in CKAN's database, read them."""
