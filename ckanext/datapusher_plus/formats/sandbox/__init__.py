"""Untrusted files are read in processes with limited memory and time, which may crash without harm to the run."""
