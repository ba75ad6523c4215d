"""Chromium is Debian's package `chromium`; where it is not installed, the tests that need it are left out."""

from shutil import which

collect_ignore = [] if which("chromium") else ["test_in_chromium.py", "test_profile_in_chromium.py"]
