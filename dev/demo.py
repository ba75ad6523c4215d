"""placeholder"""
from dev.stack import Stack


def run(stack: Stack, *, once: bool) -> int:
    return 1
