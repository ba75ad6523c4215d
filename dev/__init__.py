"""The servers of one machine: PostgreSQL, Redis, Solr, Prefect, CKAN and the plugin's worker, without Docker."""
