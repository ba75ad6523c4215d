"""One ingestion's life in CKAN's database: requested, claimed, told about, finished, reaped."""
