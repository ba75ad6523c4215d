"""The letters of a file are read as they were meant, or as the publisher says; what is uncertain is told."""

from __future__ import annotations

import random

import pytest

from ckanext.datapusher_plus.core.errors import NotText, WrongEncoding
from ckanext.datapusher_plus.core.values import CleanCsv, ReadOptions
from ckanext.datapusher_plus.steps import convert as step
from tests.fix_file import Publish, Said

GERMAN = "name,city\nMüller,Köln\nGroß,München\nJäger,Düsseldorf\n"
CHINESE = "姓名,城市\n王伟,北京\n李娜,上海\n"
JAPANESE = "名前,都市\n山田,東京\n鈴木,大阪\n"
RUSSIAN = "имя,город\nИван,Москва\nПётр,Казань\n"


@pytest.fixture
def convert(publish: Publish, said: Said) -> object:
    def run(content: bytes, encoding: str = "", languages: tuple[str, ...] = ()) -> CleanCsv:
        options = ReadOptions(encoding=encoding, languages=languages)
        return step.convert(*publish(content, options=options), said)

    return run


def text(csv: CleanCsv) -> str:
    return csv.path.read_bytes().decode("utf-8")


@pytest.mark.parametrize(
    ("encoding", "table", "named"),
    [
        ("utf-8", GERMAN, "UTF-8"),
        ("utf-8-sig", GERMAN, "UTF-8"),
        ("utf-16", CHINESE, "UTF-16"),
        ("utf-16-le", GERMAN, "UTF-16"),
        ("utf-16-be", "id,名前\n1,山田太郎は東京に住んでいる\n", "UTF-16"),
        ("utf-32-le", CHINESE, "UTF-32"),
        ("utf-32-be", GERMAN, "UTF-32"),
        ("cp1252", GERMAN, "Windows-1252"),
        ("cp1252", "a,b\nnaïve,3\n", "Windows-1252"),
        ("cp1252", "item,price\nDon’t,5 €\n", "Windows-1252"),
        ("cp1252", "place\n10°C\n", "Windows-1252"),
        ("cp1252", "Año,Población\n2020,Málaga\n", "Windows-1252"),
        ("latin-1", "navn,by\nSøren,Århus\nÆgir,Reykjavík\n", "Windows-1252"),
        ("cp1250", "jméno,město\nŽižka,Plzeň\nDvořák,České Budějovice\n", "Windows-1250"),
        ("iso8859-2", "nazwa,miasto\nŁódź,Kraków\nGdańsk,Świnoujście\n", "ISO-8859-2"),
        ("cp1251", RUSSIAN, "Windows-1251"),
        ("koi8-r", RUSSIAN, "KOI8-U"),
        ("cp866", RUSSIAN, "IBM866"),
        ("cp1253", "όνομα,πόλη\nΓιώργος,Αθήνα\n", "Windows-1253"),
        ("cp1254", "ad,şehir\nAyşe,İstanbul\nÇağla,Eskişehir\n", "Windows-1254"),
        ("cp1255", "שם,עיר\nדוד,ירושלים\n", "Windows-1255"),
        ("cp1256", "اسم,مدينة\nمحمد,القاهرة\n", "Windows-1256"),
        ("cp1257", "vārds,pilsēta\nJānis,Rīga\nŠķēle,Liepāja\n", "Windows-1257"),
        ("cp874", "ชื่อ,เมือง\nสมชาย,กรุงเทพ\n", "Windows-874"),
        ("cp850", GERMAN, "CP850"),
        ("cp437", "nom,ville\nÉric,Orléans\nFrançois,Besançon\n", "CP850"),
        ("mac_roman", GERMAN, "Mac Roman"),
        ("cp932", JAPANESE, "Shift_JIS"),
        ("cp932", "名前,表示\n髙橋,ソ連①\n", "Shift_JIS"),
        ("euc_jp", JAPANESE, "EUC-JP"),
        ("iso2022_jp", JAPANESE, "ISO-2022-JP"),
        ("gb18030", CHINESE, "GB18030"),
        ("gb18030", "性别,n\n男,1\n女,2\n", "GB18030"),
        ("gb18030", "姓名\n王𠀀\n李娜\n", "GB18030"),
        ("big5", "姓名,城市\n王偉,臺北\n李娜,高雄\n", "Big5"),
        ("cp949", "이름,도시\n김철수,서울\n이영희,부산\n", "EUC-KR"),
    ],
)
def test_letters_are_read_as_they_were_meant(encoding: str, table: str, named: str, convert) -> None:
    found = convert(table.encode(encoding))
    assert (text(found), found.encoding) == (table, named)


@pytest.mark.parametrize(
    ("named", "table"),
    [
        ("windows-1257", "ā\n"),
        ("cp1250", "Őrség\nGyőr\n"),
        ("UTF-16", "a\n1\n"),
        ("latin1", "é\n"),
        ("gbk", "女\n女\n"),
    ],
)
def test_the_resource_may_name_the_encoding(named: str, table: str, convert) -> None:
    assert text(convert(table.encode(named), named)) == table


def test_few_words_are_read_with_a_warning_that_names_the_way_out(convert, said: Said) -> None:
    convert("a\nBrüssel\n".encode("cp1252"))
    assert "“Brüssel”. These are few words to judge by" in said.lines[0]
    assert "dpp_encoding" in said.lines[0]


def test_a_mark_is_believed_rather_than_a_field(convert, said: Said) -> None:
    assert text(convert(GERMAN.encode("utf-8-sig"), "latin-1")) == GERMAN
    assert "(field dpp_encoding) says latin-1, and was not heeded" in said.lines[0]
    said.lines.clear()
    assert text(convert(GERMAN.encode("utf-8-sig"), "utf8")) == GERMAN
    assert text(convert(GERMAN.encode("utf-16"), "utf_16le")) == GERMAN
    assert not any("not heeded" in line for line in said.lines)


@pytest.mark.parametrize(
    ("content", "expected", "lines"),
    [
        (GERMAN.encode() * 9 + b"x,K\xf6ln\n", GERMAN * 9 + "x,Köln\n", "37"),
        (GERMAN.encode() + "Zoë,Köln\n".encode("cp1252") * 9, GERMAN + "Zoë,Köln\n" * 9, "5, 6, 7, 8, 9, …"),
        ("Köln,".encode() + b"D\xfcren\n", "Köln,Düren\n", "1"),
        ((JAPANESE * 9).encode() + b"\xe5\x8c,x\n", JAPANESE * 9 + "å\u0152,x\n", "28"),
        (GERMAN.encode("cp1252") + b"\x81,\xff\n", GERMAN + "\x81,ÿ\n", "5"),
        (RUSSIAN.encode() * 20 + b"\xd0\n\x98,1\n", RUSSIAN * 20 + "Ð\n\u02dc,1\n", "61, 62"),
    ],
    ids=["a few bytes", "most lines", "within a line", "cut off letters", "unused bytes", "torn letters"],
)
def test_mixed_letters_are_read_byte_by_byte_and_their_lines_named(
    content: bytes, expected: str, lines: str, convert, said: Said
) -> None:
    assert text(convert(content)) == expected
    assert f"these bytes were read as Windows-1252, and none was dropped: {lines}." in said.lines[0]


def test_a_mixture_of_two_scripts_is_refused(convert) -> None:
    with pytest.raises(WrongEncoding, match=r"Line 4 is not valid UTF-8.*dpp_encoding"):
        convert(JAPANESE.encode() + (JAPANESE * 3).encode("cp932"))


@pytest.mark.parametrize(
    ("content", "encoding", "named", "line"),
    [
        (GERMAN.encode("latin-1"), "utf-8", "UTF-8", 2),
        (GERMAN.encode() * 60_000 + b"\xff\n", "utf-8", "UTF-8", 240_001),
        (b"\xff\xfe" + "a,b\n1,".encode("utf-16-le") + b"\x00\xd8\n\x00", "", "UTF-16", 2),
        (b"a,b\r1,\xc3", "utf-8", "UTF-8", 2),
        (b"a\n\x81\n", "windows-1252", "Windows-1252", 2),
    ],
    ids=["latin-1", "far down", "utf-16", "cut off", "unused byte"],
)
def test_what_an_encoding_that_was_named_cannot_be_is_refused(
    content: bytes, encoding: str, named: str, line: int, convert
) -> None:
    with pytest.raises(WrongEncoding, match=f"Line {line:,} is not valid {named}"):
        convert(content, encoding)


def test_letters_turned_into_utf_8_twice_are_kept_and_told(convert, said: Said) -> None:
    twice = "name\nZoë\n".encode().decode("cp1252")
    assert text(convert(twice.encode())) == twice
    assert "turned into UTF-8 twice" in said.lines[0]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_nuls_in_text_are_left_out_and_counted(encoding: str, convert, said: Said) -> None:
    assert text(convert("näme,b\nxä\0\0\0,1\0\n".encode(encoding))) == "näme,b\nxä,1\n"
    assert any(line.startswith("4 NUL characters") for line in said.lines)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
@pytest.mark.parametrize("before", ["", "x"], ids=["even", "odd"])
def test_a_single_nul_makes_no_utf_16(before: str, encoding: str, convert) -> None:
    found = convert(f"näme,b\n{before}xä,\0n\ny,z\n".encode(encoding))
    assert text(found) == f"näme,b\n{before}xä,n\ny,z\n"


@pytest.mark.parametrize(
    "content",
    [bytes(2), bytes(5000), random.Random(5).randbytes(5000), b"\0\1\2\3a\n" * 9, b"\x80\2\x95\1." + bytes(range(256))],
)
def test_what_is_no_text_is_refused(content: bytes, convert) -> None:
    with pytest.raises(NotText, match="binary data"):
        convert(content)


@pytest.mark.parametrize(
    "words",
    [
        "Invoices over £500: Albany Furniture",
        "£5m–£10m",
        "5 €",
        "10 °C",
        "a – b",
        "Smith’s",
        "“so”",
        "§ 5",
        "½ cup",
        "1¼",
    ]
    + ["m²", "km³", "10³", "5 µm", "© 2020", "Windows®", "±5", "¥500", "5¢", "«Le Monde»", "¿Qué?", "nº 5"]
    + [
        "café",
        "naïve",
        "Straße",
        "España",
        "Hélène",
        "Anaïs",
        "Guimarães",
        "Tromsø",
        "Málaga",
        "Curaçao",
        "Köln",
        "ÅÄÖ",
    ],
)
@pytest.mark.parametrize("languages", [("en",), ("en", "fr", "nb_NO"), ("pl",)])
def test_one_word_beyond_ascii_is_what_it_is_in_the_west(words: str, languages: tuple[str, ...], convert) -> None:
    if languages == ("pl",) and words in ("España", "Hélène", "Guimarães"):
        languages = ()
    table = "name,about\n" + "plain,words\n" * 20 + f"one,{words}\n" + "plain,words\n" * 20
    assert text(convert(table.encode("cp1252"), languages=languages)) == table


@pytest.mark.parametrize(
    ("languages", "encoding", "words"),
    [
        (("pl",), "cp1250", ["Wrocław", "Paweł", "są", "Kraków", "Gdańsk", "Świdnica", "Żółw", "Częstochowa"]),
        (("en", "pl"), "cp1250", ["Wrocław", "Paweł", "są", "Kraków", "Gdańsk"]),
        (("cs_CZ",), "cp1250", ["Plzeň", "Čech", "Dvořák", "Město"]),
        (("hu",), "cp1250", ["Győr", "Hódmezővásárhely"]),
        (("hr", "en"), "cp1250", ["Čakovec", "Mađarska"]),
        (("tr",), "cp1254", ["Eskişehir", "İstanbul", "Ağrı", "Iğdır"]),
        (("lv",), "cp1257", ["Rīga", "Kauņas", "Liepāja"]),
        (("lt",), "cp1257", ["Vilnių", "Šiaulių"]),
        ((), "cp1250", ["Wrocław", "Paweł", "Dvořák", "Jiří", "Zażółć", "Timişoara"]),
        ((), "cp1254", ["İstanbul", "Ağrı"]),
    ],
)
def test_a_word_is_in_the_encoding_of_the_sites_language(
    languages: tuple[str, ...], encoding: str, words: list[str], convert
) -> None:
    for word in words:
        table = f"name,n\n{word},1\nplain,2\n"
        found = convert(table.encode(encoding), languages=languages)
        assert (text(found), found.encoding) == (table, encoding.replace("cp", "Windows-"))


@pytest.mark.parametrize(("encoding", "word"), [("cp949", "가나다"), ("gb18030", "北京"), ("cp1253", "Αθήνα")])
def test_letters_of_other_scripts_are_no_signs(encoding: str, word: str, convert) -> None:
    table = f"name,n\n{word},1\n"
    assert text(convert(table.encode(encoding), languages=("en",))) == table


def test_the_process_that_reads_a_file_knows_the_sites_languages(publish: Publish, said: Said) -> None:
    content = '[{"city": "Gdańsk"}]'.encode("cp1250")
    options = ReadOptions(languages=("pl",))
    found = step.convert(*publish(content, name="table.json", format="JSON", options=options), said)
    assert text(found) == "city\nGdańsk\n"
