"""The only room that opens connections to the datastore's database."""
