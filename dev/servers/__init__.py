"""One module a server."""
