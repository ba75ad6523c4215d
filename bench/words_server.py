"""A web server with CKAN for the benchmark, whose action finds the next column in a way that the address names.

``/bench/words/<way>`` calls `datapusher_plus_words_next`, with the views of `words_views` in place of the queue where
the way says so. Everything else of the answer is the same.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from werkzeug.serving import make_server


def main(ini: str, port: int) -> None:
    """Serve until the process is ended."""
    from ckan.cli import load_config
    from ckan.common import request
    from ckan.config.middleware import make_app
    from ckan.plugins import toolkit as tk

    from ckanext.datapusher_plus.words import probes

    from .words_views import KINDS, best

    app: Any = make_app(load_config(ini))
    ways: dict[str, Any] = {"model": probes.best, **{way: partial(best, kind) for way, kind in KINDS.items()}}

    def answer(way: str) -> Any:
        probes.best = ways[way]
        asked = dict(request.args.items())
        found = tk.get_action("datapusher_plus_words_next")({"user": tk.current_user.name}, asked)
        return {"success": True, "result": found}

    app._wsgi_app.add_url_rule("/bench/words/<way>", "bench_words", answer)
    make_server("127.0.0.1", port, app, threaded=True).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
