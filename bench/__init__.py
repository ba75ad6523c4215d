"""Benchmarks on the real stack: run by hand or by ``make bench``, never timed asserts in the test suite."""
