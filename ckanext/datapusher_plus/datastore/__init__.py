"""Access to the datastore's database; no other package opens connections to it."""
