"""What this site does about personal data, by its settings."""

from __future__ import annotations

from ..core.personal_data.findings import Mode, mode_of
from ..settings import current


def site_mode() -> Mode:
    """Return what happens when personal data is found in a file."""
    site = current()
    return mode_of(
        site.pii_mode, screening=site.pii_screening, abort=site.pii_found_abort, threshold=site.pii_review_threshold
    )
