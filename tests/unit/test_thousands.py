"""Numbers such as “6,718” are read by what the whole file shows, and stay text where it shows nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ckanext.datapusher_plus.core.values import ReadOptions
from ckanext.datapusher_plus.steps import plan
from tests.fix_file import Analyse, Said, ticket

STATES = """state,abbr,code,recipients,reserve,total
ALABAMA,AL,01,"6,718","1,728","8,446"
ALASKA,AK,02,776,154,930
ARIZONA,AZ,04,"26,822","2,005","28,827"
ARKANSAS,AR,05,"2,061",988,"3,049"
CALIFORNIA,CA,06,"34,942","2,987","37,929"
"""


@dataclass(frozen=True)
class Decided:
    """The columns that are numbers, each with its separator of decimals, and what was said."""

    numbers: dict[str, str]
    said: list[str]


Decide = Callable[..., Decided]


@pytest.fixture
def decide(analyse: Analyse, said: Said, tmp_path) -> Decide:
    """Read a file, and decide its columns."""

    def run(content: str, *, format: str = "CSV", decimal: str = "") -> Decided:
        said.lines.clear()
        options = ReadOptions(decimal=decimal)
        analysed = analyse(content.encode(), name=f"table.{format.lower()}", format=format, options=options)
        asked = replace(ticket(tmp_path), options=options)
        made = plan.decide(asked, analysed, None, live=False, file_hash="", log=said)
        marks = {column.name: "," if "',." in column.cast else "." for column in made.columns if column.type != "text"}
        return Decided(marks, said.lines.copy())

    return run


def quoted(*values: str, beside: tuple[str, str] = ("x", "a")) -> str:
    """Return a file of a column n in quotes beside another."""
    name, other = beside
    return f"{name},n\n" + "".join(f'{other},"{value}"\n' for value in values)


def test_quoted_numbers_in_a_file_with_commas_have_thousands(decide: Decide) -> None:
    found = decide(STATES)
    assert found.numbers == {"recipients": ".", "reserve": ".", "total": "."}
    assert any("commas stand between thousands" in line and "dpp_decimal" in line for line in found.said)


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        (quoted("-1,234", "12,345", "776", "-5,678", "5,000", "7,001"), {"n": "."}),
        (quoted("1,234", "12,345", "776", "5,678", "5,000", "7,001", beside=("year", "2019")), {"year": ".", "n": "."}),
        (quoted("1,234", "12,345", "NA", "5,678", "5,000", "7,001", beside=("id", "012345")), {"n": "."}),
        ('n\n"1,234"\n"12,345"\n776\n"5,678"\n"5,000"\n"7,001"\n', {"n": "."}),
        # nothing shows that a comma would separate values
        ('"n"\n"1,234"\n"12,345"\n"776"\n"5,678"\n"5,000"\n"7,001"\n', {}),
        # fewer than a handful
        (quoted("1,234", "12,345", "776", "5,678", "5,000"), {}),
        # where commas stand between thousands, 1050 would have one
        (quoted("1,234", "12,345", "1050", "5,678", "5,000", "7,001"), {}),
        # of three decimals, one is below 1
        (quoted("1,234", "12,345", "0,776", "5,678", "5,000", "7,001"), {"n": ","}),
        # lists of codes
        (quoted("101,102", "103,104", "105", "106,107", "110,111", "115,116", "121,122"), {}),
        # prices of fuel
        (quoted("1,459", "1,789", "1,529", "2,009", "1,699", "1,999"), {}),
        ("x;n\na;1,234\na;12,345\na;776\na;5,678\na;5,000\na;7,001\n", {}),
        ("x\tn\na\t1,234\na\t12,345\na\t776\na\t5,678\na\t5,000\na\t7,001\n", {}),
    ],
)
def test_the_numbers_of_the_whole_file_decide_or_leave_it_open(
    content: str, numbers: dict[str, str], decide: Decide
) -> None:
    assert decide(content).numbers == numbers


def test_codes_stay_text_beside_numbers_with_thousands(decide: Decide) -> None:
    rows = "".join(f'"{100 + n},{200 + n}","{n + 1},{n}50"\n' for n in range(1, 9))
    assert decide(f"codes,n\n{rows}").numbers == {"n": "."}


@pytest.mark.parametrize(("beside", "mark"), [("12.5", "."), ('"1,234.5"', "."), ('"12,5"', ","), ('"1,234,567"', ".")])
def test_a_column_that_leaves_no_doubt_decides_before_the_file(beside: str, mark: str, decide: Decide) -> None:
    content = "n,d\n" + "".join(f'"{n},234",{beside}\n' for n in range(1, 8))
    assert decide(content).numbers == {"n": mark, "d": mark}


def test_the_publisher_decides_before_the_file(decide: Decide) -> None:
    assert decide(STATES, decimal=",").numbers == {"recipients": ",", "reserve": ",", "total": ","}


@pytest.mark.parametrize(
    ("rows", "numbers"),
    [
        # 2,061 and 988 are 3,049 only if the comma is between thousands
        (["6,718;1,728;8,446", "776;154;930", "26,822;2,005;28,827", "2,061;988;3,049"], {"a", "b", "total"}),
        # in both readings
        (["6,718;1,728;8,446", "776;154;930", "26,822;2,005;28,827", "2,061;1,988;4,049"], set()),
        # one row does not add up
        (["6,718;1,728;8,446", "776;154;930", "26,822;2,005;28,828", "2,061;988;3,049"], set()),
        # all in groups of three, which might be codes
        (["300,500;200;300,700", "400,100;300,200;700,300", "500,100;100;500,200"], {"a", "b", "total"}),
    ],
)
@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_total_that_adds_up_decides_whatever_separates(
    separator: str, rows: list[str], numbers: set[str], decide: Decide
) -> None:
    content = "\n".join(["place;a;b;total", *(f"x;{row}" for row in rows), ""]).replace(";", separator)
    assert set(decide(content, format="TSV" if separator == "\t" else "CSV").numbers) - {"place"} == numbers


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.integers(-9_999_999, 9_999_999), min_size=1, max_size=12))
def test_numbers_with_thousands_are_never_read_with_a_decimal_comma(decide: Decide, numbers: list[int]) -> None:
    content = "x,n\n" + "".join(f'a,"{number:,}"\n' for number in numbers)
    assert decide(content).numbers.get("n", ".") == "."


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.integers(-99_999, 99_999), min_size=1, max_size=12))
def test_three_decimals_everywhere_are_never_read_as_thousands(decide: Decide, thousandths: list[int]) -> None:
    content = "x;n\n" + "".join(f"a;{number / 1000:.3f}\n".replace(".", ",") for number in thousandths)
    assert decide(content).numbers.get("n", ",") == ","
