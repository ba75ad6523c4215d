"""The actions that other software calls, under DataPusher+'s names."""
