"""One download in a separate process; prints as JSON its result, and how much memory the process used for it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from ckanext.datapusher_plus.core.errors import IngestError
from ckanext.datapusher_plus.core.log import Silent
from ckanext.datapusher_plus.fetch.guard import Guard
from ckanext.datapusher_plus.fetch.http import HttpRules, download


def outcome(job: dict) -> dict:
    """Return the result of a download: size and filename, or kind and text of the error."""
    rules = HttpRules(guard=Guard(job["hosts"]), **job["rules"])
    try:
        got = download(job["url"], Path(job["target"]), rules, Silent())
    except IngestError as error:
        return {"kind": type(error).__name__, "said": str(error)}
    return {"kind": "", "size": got.size, "filename": got.filename}


def peak() -> float:
    """Return the peak resident memory of this program in MiB; getrusage would include its parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


if __name__ == "__main__":
    idle = peak()
    became = outcome(json.loads(sys.argv[1]))
    print(json.dumps(became | {"took": peak() - idle}))
