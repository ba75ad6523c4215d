"""Where the site's own pages are."""

from __future__ import annotations

from ckan.common import config
from ckan.lib.i18n import get_locales


def own_pages() -> tuple[str, tuple[str, ...]]:
    """Return the site's address, and the paths below which its pages are: ``ckan.root_path``, in each language."""
    root = (config.get("ckan.root_path") or "").rstrip("/")
    # without a place of its own the language comes first in the path
    template = root if "/{{LANG}}" in root else f"{root}/{{{{LANG}}}}"
    languages = ("", *(f"/{locale}" for locale in get_locales()))
    return config.get("ckan.site_url") or "", tuple(template.replace("/{{LANG}}", each) for each in languages)
