"""Set up databases, permissions and the first user of a CKAN site with CKAN's own commands.

Run as a separate process (`python -m dev.site INI PASSWORD TOKEN`), because CKAN keeps its configuration in globals.
It prints one JSON object: the permissions script, and a valid API token.
"""

import contextlib
import io
import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ckan.types import Context

ADMIN = "admin"


def main(ini: str, password: str, token: str) -> None:
    """Migrate the site's databases, and create its sysadmin and an API token if they are missing."""
    with contextlib.redirect_stdout(sys.stderr):
        _ckan(ini, "db", "upgrade")
        script = _ckan(ini, "datastore", "set-permissions")
        valid = _sysadmin(password, token)
    print(json.dumps({"permissions": script, "token": valid}))


def _ckan(ini: str, *command: str) -> str:
    from ckan.cli.cli import ckan

    written = io.BytesIO()
    with contextlib.redirect_stdout(io.TextIOWrapper(written, write_through=True)):
        ckan.main(["-c", ini, *command], standalone_mode=False)
        return written.getvalue().decode()


def _sysadmin(password: str, token: str) -> str:
    import ckan.plugins.toolkit as tk
    from ckan import model
    from ckan.lib.api_token import get_user_from_token

    user = model.User.get(ADMIN)
    if user is None:
        person = {"name": ADMIN, "email": "admin@example.org", "fullname": "Admin", "password": password}
        tk.get_action("user_create")(_context(), person)
        model.Session.query(model.User).filter_by(name=ADMIN).update({"sysadmin": True})
        model.Session.commit()
    if token and get_user_from_token(token) is not None:
        return token
    made = tk.get_action("api_token_create")(_context(), {"user": ADMIN, "name": "development stack"})
    return made["token"]


def _context() -> "Context":
    return {"ignore_auth": True, "user": ""}


if __name__ == "__main__":
    main(*sys.argv[1:])
