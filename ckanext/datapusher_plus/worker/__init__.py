"""The process that takes requests and runs them: the only room, beside flow, that works with Prefect."""
