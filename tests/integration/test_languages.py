"""What a load says is shown in the language of the page, and stays English for clients."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from ckan.tests.helpers import call_action

from ckanext.datapusher_plus import portal, settings
from ckanext.datapusher_plus.core.errors import FileTooLarge, UniqueKeyBroken
from ckanext.datapusher_plus.core.message import Message, say
from ckanext.datapusher_plus.core.outcome import Failure, of_failure
from ckanext.datapusher_plus.core.quarantine import BOM, Rejected
from ckanext.datapusher_plus.core.retries import Tries
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published, Strategy
from ckanext.datapusher_plus.model import log as log_table
from ckanext.datapusher_plus.model import run
from ckanext.datapusher_plus.runs import database
from ckanext.datapusher_plus.runs.finish import finish
from tests import books
from tests.loads import Loader
from tests.tab import Tab

ENGLISH = "The file has 9,000,000 bytes; this site loads at most 1,234,567 bytes."
HOSTILE = "{0.__class__} %s %(num)d {n} {{x}} <b>&amp;</b>"
ISOLATES = str.maketrans("", "", "\N{FIRST STRONG ISOLATE}\N{POP DIRECTIONAL ISOLATE}")


def fail(tab: Tab, error: Exception) -> None:
    """End the run as a worker does."""
    failure = Failure(run_id="r", error=error, reason=None, limit=1, tries=Tries(this=1, retries=0))
    end = of_failure(failure)
    tab.start().error(end.message)
    assert finish(newest(tab), end.state, message=end.message, error_about={"public": end.public})


def load(tab: Tab, *warnings: str) -> None:
    """End the run as a worker does that has loaded a table."""
    tab.start()
    loaded = Published(rows=2, columns=(("a", "text"),), file_hash="0", load_key="0", warnings=warnings)
    assert finish(newest(tab), State.WARNED, message="", published=loaded)


def newest(tab: Tab) -> str:
    query = sa.select(run.c.id).where(run.c.resource_id == tab.resource["id"])
    with database.transaction() as connection:
        return connection.execute(query.order_by(run.c.requested_at.desc()).limit(1)).scalar_one()


def shown(tab: Tab, language: str, part: str = "state") -> str:
    page: BeautifulSoup = tab.page(f"/{language}{tab.path}")
    # warnings stand beside the table that is in place, or beside the attempt
    found = page.select_one(".dpp" if part == "warnings" else f"[data-part={part}]")
    assert found
    return " ".join(found.get_text(" ").split())


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", ENGLISH),
        ("de", "Die Datei hat 9.000.000 Bytes; dieses Portal lädt höchstens 1.234.567 Bytes."),
        ("fr", "Le fichier fait 9\u202f000\u202f000 octets\xa0; ce site charge au plus 1\u202f234\u202f567 octets."),
        ("es", "El archivo tiene 9.000.000 bytes; este sitio carga como máximo 1.234.567 bytes."),
        ("ar", "حجم الملف 9,000,000 بايت، وهذا الموقع لا يحمّل أكثر من 1,234,567 بايت."),
    ],
)
def test_the_error_of_a_load_is_shown_in_the_readers_language(tab: Tab, language: str, sentence: str) -> None:
    fail(tab, FileTooLarge(1234567, 9000000))
    expected = " ".join(sentence.split())
    assert expected in shown(tab, language)
    # the log shows the same sentence
    assert expected in shown(tab, language, "log")


def test_a_warning_is_shown_in_the_readers_language(tab: Tab, tmp_path: object) -> None:
    left_out = Rejected(rows=1200, total=4500, path=None).sentence  # pyright: ignore[reportArgumentType]
    load(tab, left_out)
    assert "1.200 von 4.500 Zeilen wurden ausgelassen" in shown(tab, "de", "warnings")
    assert "1,200" in shown(tab, "ar", "warnings")
    assert "rows were left out" not in shown(tab, "ar", "warnings")


def test_lines_of_the_log_that_stay_english_say_so_to_screen_readers(tab: Tab) -> None:
    log = tab.start()
    log.info("Read as CSV.")
    log.warning(say("The alias “{name}” was left out: something else has that name now.", name="trees"))
    for path in (tab.path, f"{tab.path}/history/{log._run_id}"):
        lines = tab.page(f"/de{path}").select(".dpp-log .dpp-message")
        marked = {line.get_text(): line.get("lang") for line in lines}
        assert marked["Read as CSV."] == "en"
        [alias] = [language for text, language in marked.items() if "trees" in text]
        assert alias is None


@pytest.mark.parametrize("strategy", [Strategy.SWAP, Strategy.REPLACE])
def test_no_line_of_a_load_stays_english(tab: Tab, tmp_path: Path, strategy: Strategy) -> None:
    settings.use(replace(settings.current(), sort_and_dupe_check=True))
    log = tab.start()
    loader = Loader(resource_id=tab.resource["id"], work_dir=tmp_path, said=log)  # pyright: ignore[reportArgumentType]
    loader.load(b"name,name,lat,lon\nAda,x,1.5,2\nAda,x,1.5,2\n,,,\nBob,y,0,0\n", strategy)
    # a reader in a process of its own
    cover = books.rows(["Bulletin on cities"], ["Figures are rounded and may not add up to totals."])
    book = books.xlsx(cover, books.rows(("name", "age"), ("Ada", "36")), names=["Cover", "Data"])
    loader.plan(book, strategy, name="report.xlsx", format="XLSX")
    lines = tab.page(f"/ar{tab.path}").select(".dpp-log .dpp-message")
    assert [line.get_text() for line in lines if line.get("lang")] == []
    said = " ".join(line.get_text() for line in lines).translate(ISOLATES)
    assert "عدد الصفوف التي في الجدول الآن: 3." in said
    assert "اسم العمود «name» في الجدول «name_2»؛ ويُحفظ عنوانه تسميةً له." in said
    assert "يُحمَّل «Data» لأن في غيره نصًا عن البيانات: “Cover”." in said
    assert "قُرئ الملف بصيغة XLSX، الورقة «Data»، عدد الأعمدة: 2." in said


def test_clients_get_english(tab: Tab) -> None:
    fail(tab, FileTooLarge(1234567, 9000000))
    path = f"/de/api/3/action/datapusher_status?resource_id={tab.resource['id']}"
    answer = tab.app.get(path, headers=tab.headers, status=200).json
    assert answer
    reply = answer["result"]
    assert reply["error"]["message"].startswith(ENGLISH)
    assert reply["task_info"]["message"].startswith(ENGLISH)
    assert reply["task_info"]["logs"][-1]["message"].startswith(ENGLISH)
    status = call_action(
        "task_status_show", entity_id=tab.resource["id"], task_type="datapusher_plus", key="datapusher_plus"
    )
    assert ENGLISH in status["error"]


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "ar"])
def test_names_of_files_are_never_taken_for_templates(tab: Tab, language: str) -> None:
    fail(tab, UniqueKeyBroken((HOSTILE,), f"“{HOSTILE}”"))
    assert shown(tab, language).translate(ISOLATES).count(HOSTILE) == 2


def test_names_stand_between_isolates_in_arabic_only(tab: Tab) -> None:
    load(tab, say("The alias “{name}” was left out: something else has that name now.", name="trees."))
    assert "\N{FIRST STRONG ISOLATE}trees.\N{POP DIRECTIONAL ISOLATE}" in shown(tab, "ar", "warnings")
    assert "\N{FIRST STRONG ISOLATE}" not in shown(tab, "de", "warnings")


def test_texts_of_earlier_versions_are_shown_as_they_are(tab: Tab) -> None:
    load(tab, "An old warning with {braces}.")
    with database.transaction() as connection:
        connection.execute(sa.update(run).where(run.c.id == newest(tab)).values(said=[{"key": 1}, None, "x"]))
        connection.execute(sa.update(log_table).values(said={"of": "another version"}))
    assert "An old warning with {braces}." in shown(tab, "de", "warnings")


def test_the_status_of_a_page_has_messages(tab: Tab) -> None:
    fail(tab, FileTooLarge(1234567, 9000000))
    status = call_action("datapusher_status", resource_id=tab.resource["id"])
    assert isinstance(status["task_info"]["message"], Message)
    assert isinstance(status["task_info"]["logs"][-1]["message"], Message)


LIST = "line,column,value,reason,row\r\n40,,,The row has 1 field where the header has 2.,'=Bob\r\n"
GERMAN = 'Zeile,Spalte,Wert,Grund,Ganze Zeile\r\n40,,,"Die Zeile hat 1 Feld, die Kopfzeile 2.",\'=Bob\r\n'
ARABIC = "السطر,العمود,القيمة,السبب,الصف كاملًا\r\n40,,,في الصف عدد الحقول 1، وفي صف العناوين 2.,'=Bob\r\n"
TOLD = [("en", "", LIST), ("de", "?translated=1", GERMAN), ("ar", "?translated=1", ARABIC)]


@pytest.mark.parametrize(("language", "asked", "content"), TOLD)
def test_the_list_of_rejected_rows_is_in_the_readers_language(
    tab: Tab, tmp_path: Path, language: str, asked: str, content: str
) -> None:
    log, stored = tab.start(), tmp_path / "rejected.csv"
    stored.write_bytes(BOM + LIST.encode())
    portal.keep_rejected(tab.resource["id"], log._run_id, stored)
    loaded = Published(rows=1, columns=(("a", "text"),), file_hash="0", load_key="0", rejected=(1, 2))
    tab.end(log, State.WARNED, "Loaded.", loaded)
    [link] = tab.page(f"/{language}{tab.path}").select("[data-part=rejected] a[download]")
    address = str(link["href"])
    assert address.endswith(f"/rejected.csv{asked}")
    answer = tab.app.get(address, headers=tab.headers, status=200)
    assert answer.data.decode() == BOM.decode() + content
    # programs get English headings and reasons from any site
    url = call_action("datapusher_status", resource_id=tab.resource["id"])["rejected"]["url"]
    assert tab.app.get(url, headers=tab.headers, status=200).data.decode() == BOM.decode() + LIST
