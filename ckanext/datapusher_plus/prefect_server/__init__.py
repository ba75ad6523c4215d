"""The Prefect server that workers start when none is configured: its process, its files, and its login."""
