"""Load CKAN once in a worker's process, and make the process safe to fork."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ckan import model, plugins
from ckan.cli import load_config
from ckan.common import config, g, request

from . import safe_logs

log = logging.getLogger(__name__)

_app: Any = None


def load() -> None:
    """Load CKAN with the configuration file of ``CKAN_INI``, unless this process has loaded it already.

    :raises CkanConfigurationException: when no configuration file is named, or the file is missing.
    """
    global _app  # noqa: PLW0603 (CKAN itself exists once per process)
    if _app is not None:
        return
    # imported late: CKAN's web stack is slow to import, and not needed to import this module
    from ckan.config.middleware import make_app

    safe_logs.install()
    with _loggers_kept():
        _app = make_app(load_config())


@contextmanager
def _loggers_kept() -> Iterator[None]:
    """Enable the existing loggers again at the end: CKAN's logging set-up disables them, also ours and Prefect's."""
    known = [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    heard = [logger for logger in known if not logger.disabled]
    yield
    for logger in heard:
        logger.disabled = False


def adopt(app: Any) -> None:
    """Use the Flask stack that the ``ckan`` command has created."""
    global _app  # noqa: PLW0603
    safe_logs.install()
    _app = app


@contextmanager
def context() -> Iterator[None]:
    """Provide the request context that CKAN's actions and the hooks of other plugins may need."""
    # CKAN's own command line also gets the Flask application by this private name
    with _app._wsgi_app.test_request_context():
        _fill_in()
        try:
            yield
        finally:
            model.Session.remove()


def _fill_in() -> None:
    """Set the attributes that CKAN's middleware sets for each request; plugins read them without a check."""
    # imported late, as in `load`
    from ckan.config.middleware.flask_app import handle_i18n

    handle_i18n(request.environ)
    # the values that CKAN sets when no user is logged in
    g.user, g.userobj, g.remote_addr, g.author = "", None, "", ""


def ini() -> str:
    """Return the path of the configuration file in use."""
    return str(config["__file__"])


def before_fork() -> None:
    """Close every connection that a forked process must not share, and call the plugins' ``before_fork``."""
    model.Session.remove()
    if model.meta.engine is not None:
        model.meta.engine.dispose()
    for plugin in plugins.PluginImplementations(plugins.IForkObserver):
        plugin.before_fork()
