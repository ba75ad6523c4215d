"""The addresses of the site's own pages."""

from __future__ import annotations

from ckan.common import config
from ckan.lib.i18n import get_locales


def own_pages() -> tuple[str, tuple[str, ...]]:
    """Return ``ckan.site_url``, and the paths below which the site's pages are: ``ckan.root_path`` in each language."""
    root = (config.get("ckan.root_path") or "").rstrip("/")
    # without {{LANG}} in `ckan.root_path` the language follows the root path
    template = root if "/{{LANG}}" in root else f"{root}/{{{{LANG}}}}"
    languages = ("", *(f"/{locale}" for locale in get_locales()))
    return config.get("ckan.site_url") or "", tuple(template.replace("/{{LANG}}", each) for each in languages)
