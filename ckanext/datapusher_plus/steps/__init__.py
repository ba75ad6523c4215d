"""What a run does, one verb a module, on the core and the rooms of the first ring."""
