"""The plugin's API actions, under DataPusher+'s names."""
