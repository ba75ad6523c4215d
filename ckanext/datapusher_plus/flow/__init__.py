"""The flow that Prefect runs, and what its runs need: tasks, rollback, the end that Prefect shows, memory limits."""
