"""JSON, NDJSON and GeoJSON."""
