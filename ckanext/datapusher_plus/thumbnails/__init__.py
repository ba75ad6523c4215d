"""Pictures of resources: make, store and find them."""
