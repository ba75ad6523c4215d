"""The clean CSV that every format is converted to: writing it, checking it, and leaving out rows that do not fit."""
