"""Chromium is Debian's package `chromium`; where it is not installed, the tests that need it are left out."""

from shutil import which

NEED = [
    "test_history_in_chromium.py",
    "test_in_chromium.py",
    "test_profile_in_chromium.py",
    "test_reading_in_chromium.py",
    "test_review_in_chromium.py",
    "test_tabs_in_chromium.py",
    "test_thumbnails_in_chromium.py",
    "test_upload_in_chromium.py",
    "test_words_in_chromium.py",
]
collect_ignore = [] if which("chromium") else NEED
