"""Whether everything that loading depends on is in order: one leg a thing, one finding a leg."""
