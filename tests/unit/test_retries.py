"""How often a load is tried again, when, and in what words."""

from __future__ import annotations

import pytest

from ckanext.datapusher_plus.core.retries import Again, Retry, Tries

ADVICE = "Load again."


@pytest.mark.parametrize(
    ("this", "retries", "again", "retry"),
    [
        (1, 2, Again.AT_ONCE, Retry(tries=2, wait=0)),
        (2, 2, Again.AT_ONCE, Retry(tries=3, wait=0)),
        (3, 2, Again.AT_ONCE, None),
        (1, 2, Again.LATER, Retry(tries=2, wait=5)),
        (2, 2, Again.LATER, Retry(tries=3, wait=30)),
        (3, 9, Again.LATER, Retry(tries=4, wait=30)),
        (1, 2, Again.NEVER, None),
        (1, 0, Again.AT_ONCE, None),
        (3, 0, Again.LATER, None),
    ],
)
def test_a_request_has_so_many_tries(this: int, retries: int, again: Again, retry: Retry | None) -> None:
    assert Tries(this=this, retries=retries).next(again) == retry


@pytest.mark.parametrize(
    ("this", "retries", "again", "words"),
    [
        (1, 2, Again.AT_ONCE, "It is tried again automatically (try 2 of 3)."),
        (3, 2, Again.LATER, "This was the last of 3 tries. Load again."),
        (1, 0, Again.LATER, ADVICE),
        (2, 2, Again.NEVER, ADVICE),
        # the option was lowered meanwhile
        (3, 1, Again.LATER, "This was the last of 3 tries. Load again."),
    ],
)
def test_the_sentence_says_what_comes_next(this: int, retries: int, again: Again, words: str) -> None:
    assert Tries(this=this, retries=retries).then(again, ADVICE) == words
