"""Decide whether a candidate is personal data: check digits by python-stdnum, telephone numbers by phonenumbers.

The libraries are imported when the first candidate needs them: most files have none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module

#: ends of file names such as ``logo@2x.png``, which look like addresses
_FILES = frozenset({"png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "css", "js", "pdf", "html"})


def believes(check: str, candidate: str) -> bool:
    """Return whether a candidate passes the check of that name; without a name every candidate does."""
    if not check:
        return True
    own = _OWN.get(check)
    return own(candidate) if own else _passes_stdnum(check, candidate)


def _passes_stdnum(module: str, candidate: str) -> bool:
    # a pattern takes one sign before and after the number
    number = candidate.replace("\xa0", " ").strip("".join({sign for sign in candidate if not sign.isalnum()}))
    return bool(import_module(f"stdnum.{module}").is_valid(number))


def _digits(candidate: str) -> str:
    return "".join(re.findall(r"\d", candidate))


def _is_card(candidate: str) -> bool:
    from stdnum import luhn

    digits = _digits(candidate)
    return len(set(digits)) > 1 and luhn.is_valid(digits)


def _is_iban(candidate: str) -> bool:
    from stdnum import iban

    text = re.sub(r"[\s-]", "", candidate.upper())
    # a word after the number may have been taken as its last group; each country has one length
    return any(iban.is_valid(text[:length]) for length in range(15, len(text) + 1))


def _is_email(candidate: str) -> bool:
    name, _, host = candidate.rpartition("@")
    return host.rpartition(".")[2].lower() not in _FILES and not name.endswith(".")


def _is_phone(candidate: str) -> bool:
    number = candidate[candidate.index("+") :]
    # a number with a sign and decimals, such as a coordinate
    return re.fullmatch(r"\+\d+\.\d+", number) is None and _is_valid_phone(number, None)


def _is_valid_phone(number: str, region: str | None) -> bool:
    import phonenumbers

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def _is_nanp(candidate: str) -> bool:
    return _is_valid_phone(_digits(candidate), "US")


def _has_phone_digits(candidate: str) -> bool:
    digits = _digits(candidate)
    return len(digits) <= 15 and len(set(digits)) > 1


_OWN: dict[str, Callable[[str], bool]] = {
    "card": _is_card,
    "email": _is_email,
    "iban": _is_iban,
    "phone": _is_phone,
    "phone_digits": _has_phone_digits,
    "phone_nanp": _is_nanp,
}
