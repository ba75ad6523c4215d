"""The steps of a run, one verb a module. They use ``core`` and the packages of the first ring."""
