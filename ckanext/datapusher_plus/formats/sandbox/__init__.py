"""Files from strangers are read in processes that may use little memory and time, and may crash."""
