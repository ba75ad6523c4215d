"""One verb a file: each step takes one frozen value and returns the next."""
