"""Check that no other plugin loads files into the DataStore: both would load each upload into the same table."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ckan.common import config
from flask import Flask, current_app, has_app_context
from werkzeug.routing import Rule

from .finding import Verdict, fail, ok
from .wording import listed

#: Known plugins that load files into the DataStore.
KNOWN = ("datapusher", "xloader")
#: Message for CKAN's `datapusher`: its actions have the same names, so CKAN starts with only one of the two plugins.
DATAPUSHER = (
    "The plugins datapusher and datapusher_plus are both enabled; only one loader can serve a site. "
    "Take datapusher out of ckan.plugins and restart CKAN."
)

_TAB = "/dataset/<id>/resource_data/<resource_id>"
_OURS = "datapusher.resource_data"


def alone(app: Flask | None = None) -> Verdict:
    """Check that this plugin is the only loader of the site.

    :param app: CKAN's Flask application, by default the one of the application context.
    """
    found = beside(current_app if app is None and has_app_context() else app)
    if not found:
        return ok("No other plugin loads files into the DataStore.")
    return fail(
        f"Another loader is enabled beside this plugin: {listed(found)}. Both load each upload into the same table.",
        f"Take {listed(found)} out of ckan.plugins and restart CKAN and the worker.",
    )


def beside(app: Flask | None) -> list[str]:
    """Return the names of other loaders: known plugins, and blueprints that serve the URL of the DataStore tab."""
    enabled = config.get("ckan.plugins") or []
    known = [name for name in KNOWN if name in (enabled.split() if isinstance(enabled, str) else enabled)]
    served = _blueprints(app.url_map.iter_rules()) if app is not None else []
    return [*known, *(name for name in served if name not in known)]


def _blueprints(rules: Iterable[Rule]) -> list[str]:
    same = [rule.endpoint for rule in rules if _shape(rule.rule) == _shape(_TAB) and rule.endpoint != _OURS]
    return sorted({endpoint.partition(".")[0] for endpoint in same})


def _shape(rule: str) -> str:
    """Return a URL rule without the names of its variables, for comparison."""
    return re.sub(r"<[^<>]*>", "<>", rule)
