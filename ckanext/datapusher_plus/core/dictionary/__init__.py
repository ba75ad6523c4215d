"""The Data Dictionary: its value, its comments, renamed columns and earlier versions."""
