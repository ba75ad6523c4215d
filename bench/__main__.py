"""``python -m bench load|hook [ROUNDS]`` on the stack that is up (``make up``; ``STACK`` names its folder)."""

from __future__ import annotations

import sys

from . import hook, load

BENCHES = {"load": (load.main, 3), "hook": (hook.main, 30)}


def main() -> None:
    """Run the benchmark named on the command line."""
    if len(sys.argv) < 2 or sys.argv[1] not in BENCHES:
        sys.exit(__doc__)
    run, rounds = BENCHES[sys.argv[1]]
    run(int(sys.argv[2]) if len(sys.argv) > 2 else rounds)


main()
