"""CKAN in a worker's process: loaded once, and made safe to fork."""

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
    """Load CKAN by ``CKAN_INI`` unless this process has done so already.

    :raises CkanConfigurationException: when no configuration file is named or there.
    """
    global _app  # noqa: PLW0603 (CKAN itself is one to a process)
    if _app is not None:
        return
    # imported late: CKAN's web stack is heavy, and of no use to whoever only reads this module
    from ckan.config.middleware import make_app

    safe_logs.install()
    with _loggers_kept():
        _app = make_app(load_config())


@contextmanager
def _loggers_kept() -> Iterator[None]:
    """Let loggers live that are there already; CKAN's logging set-up silences them, ours and Prefect's too."""
    known = [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    heard = [logger for logger in known if not logger.disabled]
    yield
    for logger in heard:
        logger.disabled = False


def adopt(app: Any) -> None:
    """Use the Flask stack that the ``ckan`` command has made."""
    global _app  # noqa: PLW0603
    safe_logs.install()
    _app = app


@contextmanager
def context() -> Iterator[None]:
    """Give CKAN's actions and other plugins' hooks the request context that they may expect."""
    # CKAN's stack keeps the Flask application under this name, and so does its own command line
    with _app._wsgi_app.test_request_context():
        _fill_in()
        try:
            yield
        finally:
            model.Session.remove()


def _fill_in() -> None:
    """Set what CKAN's middleware sets for each request; plugins read it without asking whether it is there."""
    # imported late, as in `load`
    from ckan.config.middleware.flask_app import handle_i18n

    handle_i18n(request.environ)
    # nobody is logged in; what CKAN sets for such a request
    g.user, g.userobj, g.remote_addr, g.author = "", None, "", ""


def ini() -> str:
    """Return the path of the configuration file in use."""
    return str(config["__file__"])


def before_fork() -> None:
    """Let go of every connection that a forked process must not share."""
    model.Session.remove()
    if model.meta.engine is not None:
        model.meta.engine.dispose()
    for plugin in plugins.PluginImplementations(plugins.IForkObserver):
        plugin.before_fork()
