"""Draft entries of Data Dictionaries from what is known of a column; pure functions."""
