"""The self-test: checks of everything that loading depends on; each check returns one finding."""
