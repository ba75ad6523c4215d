"""Choose between encodings of Latin letters when there are too few letters for the detector.

In each encoding, a byte beyond ASCII is a letter or a sign. A sign has its usual places (a pound sign is before a
number, not within a word), and a language has some letters and not others.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice

#: letters beyond ASCII by language; the keys are the first parts of CKAN's locales
_LANGUAGES: Mapping[str, str] = {
    "bs": "čćđšž",
    "ca": "àçèéíïòóúü",
    "cs": "áčďéěíňóřšťúůýž",
    "cy": "âêîôûŵŷ",
    "da": "æøåé",
    "de": "äöüß",
    "es": "áéíñóúü",
    "et": "äõöüšž",
    "eu": "ñ",
    "fi": "äåö",
    "fr": "àâæçéèêëîïôœùûüÿ",
    "ga": "áéíóú",
    "gl": "áéíñóúü",
    "hr": "čćđšž",
    "hu": "áéíóöőúüű",
    "is": "áæðéíóöþúý",
    "it": "àèéìíòóùú",
    "lt": "ąčęėįšųūž",
    "lv": "āčēģīķļņšūž",
    "nl": "áéèëïóöü",
    "no": "æøåéòô",
    "pl": "ąćęłńóśźż",
    "pt": "àáâãçéêíóôõú",
    "ro": "âăîşţ",
    "sk": "áäčďéíĺľňóôŕšťúýž",
    "sl": "čšž",
    "sq": "çë",
    "sr": "čćđšž",
    "sv": "äåöé",
    "tr": "âçğıîöşüİ",
}
_SAME = {"nb": "no", "nn": "no"}
#: letters that are rare in Western languages, with the letters that follow them there
_BEFORE = {"õ": "e", "œ": "ui"}
#: letters of Icelandic only
_RARE = frozenset("ðþý")
#: score of a letter that a language of the site has, and of one that only other languages have
_OF_SITE, _OF_OTHERS = 3.0, 1.0
#: scores of a sign: where only it makes sense, where it is often, where it may be, where it is unlikely
_CERTAIN, _LIKELY, _POSSIBLE, _DOUBTFUL = 4.0, 2.0, 1.0, 0.5
_JOINING = frozenset("’‘–—·\u00ad\u00a0")
_MONEY = frozenset("£€¥¢")
_AFTER_MONEY = re.compile(r"(?:[mkbp]|bn|mn|tn|mi?ll?ions?|bi?ll?ions?|thousands?|per)\b|[A-Z]{3}\b", re.IGNORECASE)
_UNIT = re.compile(r"\b(?:[cdkmµ]?m|ft|in|yd|mi)$", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]*")
_RAISED = frozenset("¹²³")
#: ordinal indicators, the micro sign and ƒ: signs here, though Unicode counts them as letters
_NO_LETTERS = frozenset("ªºµƒ")
_BEFORE_BYTE, _AFTER_BYTE = 6, 9
_MOST = 2000
#: the Windows encodings of Latin letters, the most common first
CODECS = ("cp1252", "cp1250", "cp1254", "cp1257")
#: bytes that are not the same character in all of them
_TELLING = re.compile(
    b"["
    + b"".join(
        re.escape(bytes([byte]))
        for byte in range(128, 256)
        if len({bytes([byte]).decode(codec, "replace") for codec in CODECS}) > 1
    )
    + b"]"
)


def telling(words: Iterable[bytes]) -> int:
    """Return the number of words that do not decode to the same text in all of ``CODECS``."""
    return sum(bool(_TELLING.search(word)) for word in words)


def most_plausible(text: bytes, codecs: Sequence[str], languages: Collection[str], *, alone: bool = False) -> str:
    """Return the codec with the highest score for a text's bytes beyond ASCII; the first of equal ones.

    :param languages: locales of the site; their letters score higher than others.
    :param alone: letters of other languages score nothing.
    """
    own = frozenset(map(_code, languages))
    among = [language for language in _LANGUAGES if language in own or not alone]
    places = _places(text)
    return max(codecs, key=lambda codec: _worth(places, codec, own, among))


def certain(text: bytes, languages: Collection[str]) -> str | None:
    """Return a codec in which each byte beyond ASCII is a plausible sign, or a letter of the site in an ASCII word."""
    known = "".join(_LANGUAGES.get(_code(language), "") for language in languages)
    places = _places(text)

    def is_certain(window: str, at: int) -> bool:
        if _is_letter(window[at]):
            return window[at].lower() in known and any(map(str.isascii, _word(window, at)))
        # halves of two-byte characters look like consecutive signs
        return _sign(window, at) >= _POSSIBLE and _beside(window, at).isascii()

    return next((codec for codec in CODECS if all(is_certain(*_read(place, codec)) for place in places)), None)


def is_home(text: bytes, codec: str, languages: Collection[str]) -> bool:
    """Return whether a text has letters of a site's language that ``codec`` can write and Windows-1252 cannot."""
    own = [language for language in map(_code, languages) if not _fits(_LANGUAGES.get(language, ""), CODECS[0])]
    written = [language for language in own if _fits(_LANGUAGES.get(language, ""), codec)]
    read = [_read(place, codec) for place in _places(text)]
    return any(_letter(*place, _LANGUAGES[language], own=True) > 0 for place in read for language in written)


def _fits(known: str, codec: str) -> bool:
    return known == known.encode(codec, "ignore").decode(codec)


def _code(locale: str) -> str:
    code = re.split("[_@-]", locale.lower(), maxsplit=1)[0]
    return _SAME.get(code, code)


def _places(text: bytes) -> list[tuple[bytes, int]]:
    """Return each byte beyond ASCII with some bytes around it, and its index in them, without duplicates."""
    found = {
        (text[max(0, at - _BEFORE_BYTE) : at + _AFTER_BYTE], min(at, _BEFORE_BYTE)): None
        for at in (match.start() for match in islice(re.finditer(rb"[\x80-\xff]", text), _MOST))
    }
    return list(found)


def _read(place: tuple[bytes, int], codec: str) -> tuple[str, int]:
    # in these codecs each byte is one character
    return place[0].decode(codec, "replace"), place[1]


def _worth(places: Iterable[tuple[bytes, int]], codec: str, own: Collection[str], among: Iterable[str]) -> float:
    """Return a codec's score: that of the signs, and of the letters in the language that fits best."""
    read = [_read(place, codec) for place in places]
    signs = sum(_sign(window, at) for window, at in read if not _is_letter(window[at]))
    found = [(window, at) for window, at in read if _is_letter(window[at]) and _stands_well(window, at)]
    worth = (
        sum(_letter(window, at, _LANGUAGES[language], own=language in own) for window, at in found)
        for language in among
    )
    return signs + max(worth, default=0)


def _is_letter(letter: str) -> bool:
    return letter.isalpha() and letter not in _NO_LETTERS


def _stands_well(window: str, at: int) -> bool:
    """Return whether a letter's case is plausible: capitals begin a word, or are all of it."""
    before, after = window[max(0, at - 1) : at], window[at + 1 : at + 2]
    if window[at].isupper():
        return not before.isalpha() or before.isupper()
    return not (after.isalpha() and after.isupper()) or before.islower()


def _letter(window: str, at: int, known: str, *, own: bool) -> float:
    letter = window[at].lower()
    if letter not in known and window[at] not in known:
        return 0
    if not any(map(str.isalpha, _beside(window, at))):
        return _DOUBTFUL if own else 0
    if own:
        return _OF_SITE
    if letter in _RARE:
        return _DOUBTFUL
    after = _BEFORE.get(letter)
    return _OF_OTHERS if not after or window[at + 1 : at + 2].lower() in tuple(after) else 0


def _word(window: str, at: int) -> str:
    before, after = _LETTERS.match(window[:at][::-1]), _LETTERS.match(window, at)
    return (before[0][::-1] if before else "") + (after[0] if after else "")


def _beside(window: str, at: int) -> str:
    return window[max(0, at - 1) : at] + window[at + 1 : at + 2]


def _sign(window: str, at: int) -> float:
    """Return the score of a sign by the characters around it."""
    sign, before, after = window[at], window[max(0, at - 1) : at], window[at + 1 : at + 2]
    if sign == "\ufffd" or not (sign.isprintable() or sign in _JOINING):
        return -_POSSIBLE
    if before.isalpha() and after.isalpha():
        return _POSSIBLE if sign in _JOINING else 0
    if sign in _RAISED and _UNIT.search(window[:at]):
        return _CERTAIN
    if not before.isalpha() and not after.isalpha():
        return _LIKELY
    if sign in _MONEY:
        return _LIKELY if _AFTER_MONEY.match(window, at + 1) or before.isupper() else _DOUBTFUL
    return _DOUBTFUL if sign in _RAISED or sign.isnumeric() else _POSSIBLE
