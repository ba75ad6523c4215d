"""Benchmarks on the real stack, run by hand or by ``make bench``; the test suite has no assertions on time."""
