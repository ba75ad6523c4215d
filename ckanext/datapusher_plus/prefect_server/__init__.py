"""The Prefect server that workers bring along when none is configured: its process, its files, and its login."""
