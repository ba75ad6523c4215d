"""The only room that imports Prefect: the flow, the worker that runs it, and what starts, feeds and heals them."""
