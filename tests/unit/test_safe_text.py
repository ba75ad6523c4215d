"""Text of strangers in logs and on pages: one line, nothing hidden, no secrets of addresses."""

from __future__ import annotations

import pytest

from ckanext.datapusher_plus.core.safe_text import escaped, one_line, replaced, without_secrets

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://h/a.csv?sig=s3cr3t", "https://h/a.csv?…"),
        ("from https://h/a.csv?sig=s3cr3t: it went silent.", "from https://h/a.csv?…: it went silent."),
        ("https://h/a.csv?s3cr3t", "https://h/a.csv?…"),
        ("https://h/a.csv#token=s3cr3t", "https://h/a.csv#…"),
        ("postgresql://u:s3cr3t@db:5432/x failed", "postgresql://db:5432/x failed"),
        ("ftp://u:s3/c3r3t@h/a", "ftp://h/a"),
        ("https://u:s3cr3t?x@h/a", "https://?…"),
        ("https://u:s3cr3t#x@h/a", "https://#…"),
        ("https://s3cr3t@h/a", "https://h/a"),
        ("url='https://h/a?sig=s3cr3t')", "url='https://h/a?…')"),
        ('{"url":"https://h/a?sig=s3cr3t","b":1}', '{"url":"https://h/a?…","b":1}'),
        ('see "https://h/?a="s3cr3t"&b="s3cr3t" c', 'see "https://h/?…" c'),
        ('https://h/a?b"s3cr3t', "https://h/a?…"),
        ('http://h:80 "GET /a.csv?sig=s3cr3t HTTP/1.1" 200', 'http://h:80 "GET /a.csv?… HTTP/1.1" 200'),
        ("exceeded with url: /a.csv?sig=s3cr3t (Caused by x)", "exceeded with url: /a.csv?… (Caused by x)"),
        ("u:s3cr3t@h", "…@h"),
        ("https:\\\\u:s3cr3t@h", "…@h"),
        ("https://h/a,https://u:s3cr3t@g/b", "https://g/b"),
        ("HTTPS://H/A?X-Amz-Signature=s3cr3t&b=https://h2/?c=s3cr3t", "HTTPS://H/A?…"),
        ("https://h:8080/a?mail=a@b.org", "https://h:8080/a?…"),
        ("Write to a@b.org. Why? 1 < 2 # no", "Write to a@b.org. Why? 1 < 2 # no"),
        ("http://127.0.0.1:4200/runs/flow-run/1", "http://127.0.0.1:4200/runs/flow-run/1"),
    ],
)
def test_an_address_loses_its_secrets(text: str, shown: str) -> None:
    assert without_secrets(text) == shown
    assert one_line(one_line(text)) == shown


@pytest.mark.parametrize("end", ["\n", "\r", "\x1b[0m", "\u2028", "\u202e", "\x00", "\t", "\ud800", "\x85", "\u200b"])
def test_a_line_end_in_an_address_does_not_show_the_rest(end: str) -> None:
    shown = one_line(f"https://h/a?sig=x{end}{SECRET} and more")
    assert shown == "https://h/a?… and more"


#: Line ends, commands to terminals, turns of direction, invisible letters, halves of letters.
UNSAFE = [*map(chr, range(32)), "\x7f", "\x85", "\x9b", "\u2028", "\u2029", "\u200b", "\u200e", "\u200f", "\u061c"]
UNSAFE += [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)), "\ufeff", "\xad", "\ud800", "\U000e0041"]


@pytest.mark.parametrize("char", UNSAFE, ids=ascii)
def test_what_forges_or_hides_is_made_visible(char: str) -> None:
    assert escaped(f"a{char}b") == f"a{char.encode('unicode_escape').decode()}b"
    assert replaced(f"a{char}b") == ("a b" if char in "\r\n\t" else "a\ufffdb")


@pytest.mark.parametrize("text", ["Größe", "شماره", "می\u200cخواهم", "👩\u200d💻", "日本語", "1\xa0000", "", "a\\b"])
def test_words_of_all_languages_stay(text: str) -> None:
    assert (escaped(text), replaced(text), one_line(text)) == (text, text, text)
