"""Where a publisher sets how a file is read: the last sentence of messages about a choice that may be wrong.

Each names the field of the tab's box, and in brackets the field of the resource for those who use the API.
"""

from __future__ import annotations

from .message import say

SHEET = say("“How to read this file” on the DataStore tab chooses the sheet or file (field dpp_sheet).")
ENCODING = say("“How to read this file” on the DataStore tab sets the encoding (field dpp_encoding).")
DECIMAL = say("“How to read this file” on the DataStore tab sets the decimal separator (field dpp_decimal).")
DAY_FIRST = say("“How to read this file” on the DataStore tab sets the order of dates (field dpp_day_first).")
