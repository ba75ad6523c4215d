"""The canonical CSV that every format is converted to: write it, validate it, and reject rows that do not fit."""
