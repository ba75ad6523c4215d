"""What a heading says: the label that it abbreviates, and the unit at its end."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from .lists import listed

#: Units by how headings write them, in lower case; those of one letter only count in that case, and apart.
_UNITS = {
    **{unit.lower(): unit for unit in listed("mm cm dm m km µm nm ha m² m³ km² l ml hl g kg mg µg t s ms h")},
    **{unit.lower(): unit for unit in listed("kW MW GW Wh kWh MWh GWh TWh kJ MJ Hz kHz MHz GHz")},
    **{unit.lower(): unit for unit in listed("Pa hPa kPa mbar °C °F % ‰ ppm ppb dB lx lm kN")},
    **{unit.lower(): unit for unit in listed("km/h m/s mph µg/m³ mg/m³ mg/l g/l t/ha kg/m² MB GB TB")},
    **{unit.lower(): unit for unit in listed("ft in yd mi miles lb lbs oz gal sqft acres")},
    **{
        unit.lower(): unit for unit in listed("EUR USD GBP CHF JPY CAD AUD SEK NOK DKK PLN CZK HUF INR CNY BRL MXN ZAR")
    },
    **dict.fromkeys(("km2", "sq km", "sqkm", "km^2"), "km²"),
    **dict.fromkeys(("m2", "sqm", "sq m", "qm", "m^2"), "m²"),
    **dict.fromkeys(("m3", "m^3", "cbm"), "m³"),
    **dict.fromkeys(("ug/m3", "µg/m3", "ug/m³"), "µg/m³"),
    **dict.fromkeys(("percent", "pct", "prozent", "pourcentage", "porcentaje", "percentage"), "%"),
    **dict.fromkeys(("€", "euro", "euros"), "EUR"),
    **{"$": "USD", "us$": "USD", "£": "GBP", "metres": "m", "meters": "m", "kilometres": "km", "kilometers": "km"},
    **{"mg/m3": "mg/m³", "kmh": "km/h", "celsius": "°C", "deg c": "°C", "degc": "°C", "°": "°"},
}
#: Units that are words, and stay in the label: "Total days".
_WORDS = frozenset(("years", "months", "weeks", "days", "hours", "minutes", "seconds"))
#: Units that mean nothing else when they are the last word of a heading; "m", "t" or "in" may mean anything there.
_SUFFIXES = listed(
    "mm cm km km2 sqkm sqm m2 m3 kg mg kwh mwh gwh kw mw gw hpa kpa mbar ppm ppb pct percent % eur usd gbp chf kmh mph "
    "celsius degc meters metres kilometers kilometres sqft km² m² m³"
)
#: After such a word a unit is part of another one, or counted.
_BEFORE_OTHERS = listed("per of pro par por de je by and")
#: "min" is minutes after such a word, else it is mostly the least of something.
_DURATIONS = listed("delay delays duration time elapsed wait waiting travel dauer durée airtime runtime")
_LEAST_AND_MOST = ("max", "avg", "mean", "median", "sum", "std")

_OPEN, _CLOSED = r"(\[{（［", r")\]}）］"
# for headings with single blanks, as `plain` returns them
_IN_BRACKETS = re.compile(
    rf"(?P<rest>.*[^\s_])(?P<gap>[\s_]*)[{_OPEN}] ?(?:in )?(?P<unit>[^{_OPEN}{_CLOSED}]{{1,12}}?) ?[{_CLOSED}]"
)
_AFTER_IN = re.compile(r"(?P<rest>.*[^\s_])(?P<gap>[\s_]+)in[\s_]+(?P<unit>\S{1,12})", re.I)
_LAST_WORD = re.compile(r"(?P<rest>.*[^\s_.\-])[\s_.\-]+(?P<unit>[^\s_.\-]{1,12})")
_CAMEL = re.compile(r"(?<=[^\W\d_])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z0-9])|(?<=\d)(?=[A-Z][a-z])")
#: names that readers and databases make up
_MADE_UP = re.compile(
    r"(?:unsafe|reserved)?(?:[\s_]*(?:unnamed|column|col|field|feld|spalte|var|colonne|columna|f|c|v|x))?[\s_:.\-]*\d*",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A heading without its unit, and the unit; empty when there is none for certain."""

    rest: str
    unit: str = ""


def read(heading: str, headings: Collection[str] = ()) -> Read:
    """Separate a heading from the unit at its end.

    :param headings: the headings of all columns of the table, in lower case.
    """
    heading = plain(heading)
    for pattern in (_IN_BRACKETS, _AFTER_IN):
        found = pattern.fullmatch(heading)
        unit = _explicit(found["rest"], found["unit"], found["gap"]) if found else ""
        if found and unit:
            return Read(rest=found["rest"].rstrip(" _,:-"), unit=unit)
    found = _LAST_WORD.fullmatch(heading)
    if not found or _last(found["rest"]) in _BEFORE_OTHERS:
        return Read(rest=heading)
    given = found["unit"].lower()
    if given in _WORDS:
        return Read(rest=heading, unit=given)
    unit = _minutes(found["rest"], given, headings) or (_UNITS[given] if given in _SUFFIXES else "")
    return Read(rest=found["rest"].rstrip(" _,:.-") if unit else heading, unit=unit)


def plain(heading: str) -> str:
    """Return a heading on one line, with single blanks."""
    return " ".join(unicodedata.normalize("NFC", heading).split())


def _explicit(rest: str, given: str, gap: str) -> str:
    if given.lower() in _WORDS:
        return given.lower()
    unit = _UNITS.get(given.lower(), "") or _minutes(rest, given, ())
    # "Author(s)" has no unit, nor has "Size (M)"
    is_letter = len(given) == 1 and given.isalpha()
    return "" if is_letter and (not gap or given != unit) else unit


def _minutes(rest: str, given: str, headings: Collection[str]) -> str:
    if given.lower() not in ("min", "mins"):
        return ""
    has_most = any(f"{rest}{sign}{most}".lower() in headings for most in _LEAST_AND_MOST for sign in "_ .-")
    return "min" if not has_most and _last(rest) in _DURATIONS else ""


def _last(rest: str) -> str:
    return "".join(words(rest)[-1:]).lower()


def words(heading: str) -> list[str]:
    """Return the words of a heading: separated by blanks, signs, or capitals within a word."""
    return [word for part in re.split(r"[\s_.\-/]+", heading) for word in _CAMEL.split(part) if word]


def label(heading: str) -> str:
    """Return a label for a heading without its unit; empty when the heading says nothing.

    A heading of several words is a label already. Abbreviations stay: what they mean is not known.
    """
    heading = plain(heading)
    if _MADE_UP.fullmatch(heading) or not any(char.isalpha() for char in heading):
        return ""
    if " " in heading and "_" not in heading:
        return _capital(heading)
    found = words(heading)
    if heading.upper() == heading or heading.lower() == heading:
        found = [_known(word.lower()) for word in found]
    else:
        found = [word if word.isupper() else _known(word.lower()) for word in found]
    return _capital(" ".join(found))


def _known(word: str) -> str:
    return (
        word.upper() if word in ("id", "url", "uuid", "gdp", "vat", "iso", "utm", "wkt", "co2", "nox", "pm10") else word
    )


def _capital(text: str) -> str:
    # "ß" becomes two letters
    return text[:1].upper() + text[1:] if len(text[:1].upper()) == 1 else text
