"""Development stack on one machine, without Docker: PostgreSQL, Redis, Solr, Prefect, CKAN and the plugin's worker."""
