"""Runs in CKAN's database: request, queue, claim, log, finish, prune."""
