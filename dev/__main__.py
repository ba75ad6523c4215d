"""`python -m dev up | down | status | demo`."""

import argparse
import os
import sys

from dev import demo
from dev.console import DIM, bad, paint, say, title
from dev.portal import ActionFailed
from dev.server import StartFailed
from dev.stack import BENCH_STACK, FAULTS_STACK, MAIN, TEST, TEST_STACK, Stack
from dev.up import NAMES, down, running, up


def main() -> int:
    """Run the command of the command line, and return its exit status."""
    arguments = _parser().parse_args()
    stack = Stack.chosen()
    try:
        return arguments.do(stack, arguments)
    except (StartFailed, ActionFailed, RuntimeError, FileNotFoundError) as failure:
        bad(str(failure))
        return 1
    except KeyboardInterrupt:
        return 130


def _up(stack: Stack, arguments: argparse.Namespace) -> int:
    only = frozenset(arguments.only.split(",")) if arguments.only else frozenset(NAMES)
    title("Servers")
    up(stack, only, (MAIN, TEST) if arguments.test_site else (MAIN,))
    say(paint(f"\n  {stack.summary}", DIM))
    return 0


def _down(stack: Stack, _arguments: argparse.Namespace) -> int:
    down(stack)
    if "STACK" not in os.environ:
        for other in (TEST_STACK, FAULTS_STACK, BENCH_STACK):
            down(Stack.chosen(other))
    return 0


def _status(stack: Stack, _arguments: argparse.Namespace) -> int:
    say(" ".join(running(stack)) or "nothing runs")
    return 0


def _demo(stack: Stack, arguments: argparse.Namespace) -> int:
    return demo.run(stack, once=arguments.once)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dev", description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("up", help="start the servers")
    command.add_argument("--only", help=f"some of {','.join(NAMES)}")
    command.add_argument("--test-site", action="store_true", help="with the databases for CKAN inside pytest")
    command.set_defaults(do=_up)
    commands.add_parser("down", help="stop the servers").set_defaults(do=_down)
    commands.add_parser("status", help="name the servers that run").set_defaults(do=_status)
    command = commands.add_parser("demo", help="load two files before your eyes")
    command.add_argument("--once", action="store_true", help="end when it is done, with status 0 if all is right")
    command.set_defaults(do=_demo)
    return parser


if __name__ == "__main__":
    sys.exit(main())
