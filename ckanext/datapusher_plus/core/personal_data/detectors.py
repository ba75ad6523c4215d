"""The detectors of personal data: a pattern finds candidates, a check believes them, a heading gives a hint.

Patterns are regular expressions of RE2, which takes linear time. They are found anywhere in a value, ignoring case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

#: length of the shortest value that is searched, in characters; the shortest address is ``a@b.co``
SHORTEST = 6

#: neither a letter, a digit nor a sign of a number: ``0.4111111111111111`` is a number, not a card
_START = r"(?:^|[^\w.,+-])"
_END = r"(?:[^\w-]|$)"
#: what people put between groups of digits
_GAP = r"[ \x{A0}-]?"
_NUMBER = rf"{_START}\d(?:[ \x{{A0}}/-]?\d){{6,17}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """One kind of personal data."""

    #: as it is stored and given to clients
    name: str
    pattern: str
    #: name of the function that believes a candidate (``checks.believes``); empty: every candidate is believed
    check: str = ""
    #: share of random candidates that the check accepts; 1 if that is not known, or nothing is checked
    chance: float = 1.0
    #: regular expression of Python for a heading in plain small words, see ``plain_words``; empty: no hint
    heading: str = ""
    #: look only in columns whose heading gives the hint: the values alone look like many other codes
    only_there: bool = False
    #: line of the site's file that it comes from; 0 for one of ours
    line: int = 0

    def is_hinted(self, heading: str) -> bool:
        """Return whether a heading says that the column holds such data."""
        return bool(self.heading) and re.search(hint(self.heading), plain_words(heading)) is not None


def hint(words: str) -> str:
    """Return the regular expression of Python for headings with these words."""
    return rf"\b(?:{words})\b"


def plain_words(heading: str) -> str:
    """Return a heading as small words with single blanks: ``customerSSN_1`` as ``customer ssn``."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading[:200])
    return " ".join(re.findall(r"[^\W\d_]+", apart)).lower()


_CARD = (
    rf"{_START}(?:"
    rf"(?:4\d{{3}}|5[1-5]\d\d|2[2-7]\d\d|6011|6[245]\d\d|35\d\d)(?:{_GAP}\d{{4}}){{3}}(?:{_GAP}\d{{3}})?"
    rf"|3[47]\d\d{_GAP}\d{{6}}{_GAP}\d{{5}}"
    rf"|3[068]\d\d{_GAP}\d{{6}}{_GAP}\d{{4}})\b"
)
_IBAN = r"\b[A-Z]{2}\d{2}(?:[ \x{A0}-]?[A-Z0-9]{4}){2,7}(?:[ \x{A0}-]?[A-Z0-9]{1,3})?\b"
_EMAIL = r"[^\s@,;:<>()\[\]\"'/]+@(?:[\pL\d-]+\.)+\pL\pL+"
_PHONE = rf"{_START}\+[1-9](?:[ \x{{A0}}()./-]{{0,2}}\d){{6,14}}\b"
#: as numbers are written in North America; those with blanks only might be three numbers
_PHONE_NANP = rf"{_START}(?:\([2-9]\d\d\) ?|[2-9]\d\d[.-])[2-9]\d\d[.-]\d{{4}}{_END}"

_PHONE_WORDS = (
    r"(?:tele)?phones?|phone ?(?:no|nr|number)|mobile|cell ?phone|fax|tel|handy|telefon\w*|mobil|t[eé]l[eé]phone|"
    r"telefono|tel[eé]fono|m[oó]vil|celular|cellulare|telefoon|gsm|puhelin|mobiltelefon\w*"
)
_CARD_WORDS = r"(?:credit|debit|payment|bank) ?card\w*|card (?:no|nr|number)|kreditkarte\w*|carte bancaire|tarjeta"
_SSN_WORDS = r"ssn|social security(?: (?:no|nr|number))?|soc sec\w*"
#: headings of identity numbers of any country
_ID_WORDS = (
    r"national id\w*|(?:personal|identity|citizen|identification|national|personnel) (?:id|no|nr|number|code)|"
    r"personal identification\w*|nin|id (?:number|no)|tax id\w*|taxpayer id\w*"
)

_BUILT_IN = (
    Detector(name="email", pattern=_EMAIL, check="email"),
    Detector(name="card", pattern=_CARD, check="card", chance=0.1, heading=_CARD_WORDS),
    Detector(name="iban", pattern=_IBAN, check="iban", chance=1 / 97, heading=r"iban"),
    Detector(name="ssn", pattern=rf"{_START}\d{{3}}-\d{{2}}-\d{{4}}{_END}", check="us.ssn", heading=_SSN_WORDS),
    Detector(name="phone", pattern=_PHONE, check="phone", heading=_PHONE_WORDS),
    Detector(name="phone", pattern=_PHONE_NANP, check="phone_nanp", heading=_PHONE_WORDS),
    Detector(
        name="phone",
        pattern=r"\+?\(?\d(?:[ \x{A0}()./-]{0,2}\d){6,14}\b",
        check="phone_digits",
        heading=_PHONE_WORDS,
        only_there=True,
    ),
    Detector(
        name="ssn",
        pattern=rf"{_START}\d{{3}}[ -]?\d{{2}}[ -]?\d{{4}}{_END}",
        check="us.ssn",
        heading=_SSN_WORDS,
        only_there=True,
    ),
)


def _apparent(country: str, pattern: str, chance: float, check: str) -> Detector:
    """Return the detector of identity numbers whose form is their own."""
    return Detector(
        name=f"id-{country}",
        pattern=rf"{_START}{pattern}{_END}",
        check=check,
        chance=chance,
        heading=_ID_WORDS,
    )


#: country, form, share of random ones that pass the check, module of stdnum
_APPARENT = (
    _apparent("be", r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d", 1 / 97, "be.nn"),
    _apparent("br", r"\d{3}\.\d{3}\.\d{3}-\d\d", 1 / 100, "br.cpf"),
    _apparent("ch", r"756\.\d{4}\.\d{4}\.\d\d", 0.1, "ch.ssn"),
    _apparent("cl", r"\d{1,2}\.\d{3}\.\d{3}-[\dK]", 1 / 11, "cl.rut"),
    _apparent("cn", r"[1-9]\d{5}(?:19|20)\d\d[01]\d[0-3]\d{4}[\dX]", 1 / 11, "cn.ric"),
    _apparent("cz", r"\d{6}/\d{3,4}", 1 / 11, "cz.rc"),
    _apparent("es", r"\d{8}-?[A-Z]", 1 / 23, "es.dni"),
    _apparent("es", r"[XYZ]-?\d{7}-?[A-Z]", 1 / 23, "es.nie"),
    _apparent("fi", r"[0-3]\d[01]\d{3}[-+A-FU-Y]\d{3}[0-9A-Y]", 1 / 31, "fi.hetu"),
    _apparent("fr", r"[12] ?\d\d ?\d\d ?\d[\dAB] ?\d{3} ?\d{3} ?\d\d", 1 / 97, "fr.nir"),
    _apparent("in", r"[2-9]\d{3}[ -]\d{4}[ -]\d{4}", 0.1, "in_.aadhaar"),
    _apparent("is", r"[0-7]\d[01]\d{3}-\d{4}", 1 / 11, "is_.kennitala"),
    _apparent("it", r"[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]", 1 / 26, "it.codicefiscale"),
    _apparent("kr", r"\d{6}-[1-8]\d{6}", 0.1, "kr.rrn"),
    _apparent("lv", r"[0-3]\d[01]\d{3}-\d{5}", 1 / 11, "lv.pvn"),
    _apparent("mx", r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z\d]\d", 0.1, "mx.curp"),
    _apparent("se", r"(?:19|20)?\d\d[01]\d{3}[-+]\d{4}", 0.1, "se.personnummer"),
)


def _bare(country: str, check: str, heading: str, pattern: str = _NUMBER) -> Detector:
    """Return the detector of identity numbers that look like any other number, or have no check digit."""
    return Detector(
        name=f"id-{country}",
        pattern=pattern,
        check=check,
        chance=0.1 if check else 1.0,
        heading=f"{heading}|{_ID_WORDS}",
        only_there=True,
    )


#: country, module of stdnum, what headings of such columns say besides ``_ID_WORDS``
_BARE = (
    _bare("at", "at.vnr", r"sv ?nr|svnr|sozialversicherungsnummer|versicherungsnummer"),
    _bare("au", "au.tfn", r"tfn|tax file (?:no|number)"),
    _bare("be", "be.nn", r"rijksregisternummer|insz|niss|registre national|nn"),
    _bare("bg", "bg.egn", r"egn|егн"),
    _bare("br", "br.cpf", r"cpf"),
    _bare("ca", "ca.sin", r"sin|nas|social insurance (?:no|number)"),
    _bare("ch", "ch.ssn", r"ahv\w*|avs|sozialversicherungsnummer"),
    _bare("de", "de.idnr", r"id ?nr|idnr|steuer ?id\w*|identifikationsnummer|steueridentifikationsnummer"),
    _bare("dk", "dk.cpr", r"cpr(?: ?(?:nr|nummer))?|personnummer"),
    _bare("ee", "ee.ik", r"isikukood"),
    _bare("gb", "gb.nhs", r"nhs(?: (?:no|number))?"),
    _bare("gb", "", r"nino|national insurance(?: (?:no|number))?", r"\b[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D]\b"),
    _bare("gr", "gr.amka", r"amka|αμκα"),
    _bare("hr", "hr.oib", r"oib"),
    _bare("ie", "ie.pps", r"pps ?n?(?: (?:no|number))?", r"\b\d{7}[A-W][A-IW]?\b"),
    _bare("il", "il.idnr", r"teudat zehut|tz"),
    _bare("in", "in_.aadhaar", r"aadha?ar\w*"),
    _bare("in", "in_.pan", r"pan(?: (?:no|number))?", r"\b[A-Z]{5}\d{4}[A-Z]\b"),
    _bare("lt", "lt.asmens", r"asmens kodas"),
    _bare("nl", "nl.bsn", r"bsn|burgerservicenummer|sofi ?nummer"),
    _bare("no", "no.fodselsnummer", r"f[øo]dselsnummer|fnr|personnummer"),
    _bare("pl", "pl.pesel", r"pesel"),
    _bare("pt", "pt.nif", r"nif|contribuinte"),
    _bare("ro", "ro.cnp", r"cnp"),
    _bare("se", "se.personnummer", r"personnummer|pnr"),
    _bare("tr", "tr.tckimlik", r"tc ?kimlik\w*|tckn|kimlik no"),
    _bare("za", "za.idnr", r"id number|sa id\w*"),
)

BUILT_IN: tuple[Detector, ...] = (*_BUILT_IN, *_APPARENT, *_BARE)


def columns_for(detector: Detector, headings: Iterable[str]) -> tuple[int, ...]:
    """Return the positions of the columns in which a detector looks."""
    return tuple(at for at, heading in enumerate(headings) if not detector.only_there or detector.is_hinted(heading))
