"""The worker: the process that takes queued requests and runs each in a process of its own."""
