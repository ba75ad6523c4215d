"""Whether everything that loading depends on is in order: one check a thing, one finding a check."""
