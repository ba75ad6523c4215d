"""Ingestion of uploaded files into CKAN's datastore, with nothing lost on the way."""
