"""Only the open internet, and what the site allows by name, is fetched from."""

from __future__ import annotations

import ipaddress

import pytest

from ckanext.datapusher_plus.core.errors import AddressRefused
from ckanext.datapusher_plus.core.safe_text import file_name, redacted
from ckanext.datapusher_plus.fetch.address import Address, parse
from ckanext.datapusher_plus.fetch.guard import Guard, is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:db8::1",
        "fec0::1",
    ],
)
def test_private_addresses_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.org/a.csv", "only http and https"),
        ("file:///etc/passwd", "only http and https"),
        ("/dataset/a.csv", "only http and https"),
        ("http:///a.csv", "names no host"),
        ("http://127.0.0.1/a.csv", "private network"),
        ("http://[::1]:8000/a.csv", "private network"),
        ("http://[fe80::1%25eth0]/", "private network"),
        ("http://example.org:99999/", "not a valid address"),
        ("http://[example/", "not a valid address"),
    ],
)
def test_an_address_is_refused_by_how_it_is_written(url: str, why: str) -> None:
    with pytest.raises(AddressRefused, match=why):
        Guard().check_url(url)


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001", "127.1", "0"])
def test_a_name_of_a_private_address_is_refused(host: str) -> None:
    with pytest.raises(AddressRefused, match="private network"):
        Guard().resolve(Address("http", host, 80, "/"))


@pytest.mark.parametrize(
    ("allowed", "host", "port", "expected"),
    [
        ("files.intranet", "files.intranet", 80, True),
        ("files.intranet", "Files.Intranet.", 8080, True),
        ("::1", "[0:0::1]", 5000, True),
        ("files.intranet:8080", "files.intranet", 8080, True),
        ("files.intranet:8080", "files.intranet", 80, False),
        ("[::1]:5000", "[::1]", 5000, True),
        ("intranet", "files.intranet", 80, False),
    ],
)
def test_hosts_are_allowed_by_name(allowed: str, host: str, port: int, expected: bool) -> None:
    private = ipaddress.ip_address("10.0.0.1")
    assert Guard({allowed}).allows(parse(f"http://{host}:{port}/"), private) is expected


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ada:secret@example.org/a.csv", "https://example.org/a.csv"),
        ("https://example.org/a.csv?X-Amz-Signature=abc#part", "https://example.org/a.csv?…"),
        ("http://example.org/a\u202e.csv\n", "http://example.org/a.csv"),
        ("http://[broken", "The address"),
    ],
)
def test_addresses_are_shown_without_secrets(url: str, shown: str) -> None:
    assert redacted(url) == shown


def test_credentials_are_taken_off() -> None:
    assert str(parse("http://a:b@c.org:80/x?y=1")) == "http://c.org/x?y=1"


#: each of them is a private address to some program, and a name, or another host, to another
DISGUISED = [
    "http://1%36%39.254.169.254/",
    "http://169.254.169.254\\.example.org/",
    "http://169.254.169.254./",
    "http://10.1.2.3\\.x/",
    "http://example.org\\@10.1.2.3/",
    "http://10.1.2.3\\@example.org/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://0xA9.0xFE.0xA9.0xFE/",
    "http://0251.0376.0251.0376/",
    "http://169.254.43518/",
    "http://10.1/",
    "http://127.1./",
    "http://0/",
    "http://0x/",
    "http://010.1.2.3/",
    "http://10.1.2.3.0x/",
    "http://10.1.2.256/",
    "http://１６９.２５４.１６９.２５４/",
    "http://169。254。169。254/",
    "http://①⑥⑨.254.169.254/",
    "http://1%00.example.org/",
    "http://10.1.2.3%00.example.org/",
    "http://10.1.2.3%2f.example.org/",
    "http://10.1.2.3 .example.org/",
    "http://10.1.2.3;.example.org/",
    "http://10.1.2.3&.example.org/",
    "http://[::ffff:10.1.2.3]/",
    "http://[0:0:0:0:0:ffff:a01:203]/",
    "http://[::10.1.2.3]/",
    "http://[64:ff9b:1::a01:203]/",
    "http://[2002:a01:203::1]/",
    "http://[v1.10.1.2.3]/",
    "http://[10.1.2.3]/",
    "http://[::1]x/",
    "http://[::1",
    "http://::1/",
    "http://example.org:80:80/",
    "http://example.org:0/",
    "http://example.org:８０/",
    "http://example.org:+80/",
    "http://example.org:80 /",
    "http://.example.org/",
    "http://example..org/",
    "http://-example.org/",
    "http://exa_mple.org../",
    "http://" + "a" * 64 + ".org/",
    "http://" + "a." * 130 + "org/",
    "http://" + "ä" * 99_999 + "/",
    "http://exa\x1bmple.org/",
    "http://exa\u202emple.org/",
    "http://\ud800.org/",
    "http://example.org/\ud800",
    "http://",
    "http:\\\\10.1.2.3\\",
    "http:10.1.2.3",
    "http://[",
    "http://]/",
    "//10.1.2.3/",
    "",
]


@pytest.mark.parametrize("url", DISGUISED)
def test_an_address_that_programs_read_differently_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused) as refusal:
        Guard().check_url(url)
    assert len(str(refusal.value)) < 600


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("HTTP://Example.ORG", "http://example.org/"),
        (" https://example.org:443/a b?c=ü#part\n", "https://example.org/a%20b?c=%C3%BC"),
        ("http://example.org.:8080", "http://example.org:8080/"),
        ("http://ada:s@example.org:/x", "http://example.org/x"),
        ("http://Bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://my_bucket.example.org/", "http://my_bucket.example.org/"),
        ("http://8.8.8.8:80/", "http://8.8.8.8/"),
        ("http://[2606:2800:021f:0::1]:81/", "http://[2606:2800:21f::1]:81/"),
        ("http://example.org/a/../b/./c/%2E%2e/d", "http://example.org/b/d"),
        ("http://example.org/../../a/..", "http://example.org/"),
        ("http://example.org/a%2Fb%zz?100%", "http://example.org/a%2Fb%25zz?100%25"),
        ("http://example.org/a?sig=a%2Bb+c/=&x=[1]", "http://example.org/a?sig=a%2Bb+c/=&x=[1]"),
        ("http://exa\nmple.org/\ta", "http://example.org/a"),
        ("http://1.example.org/", "http://1.example.org/"),
        ("http://3com.0x1.example/", "http://3com.0x1.example/"),
    ],
)
def test_an_address_has_one_form(written: str, canonical: str) -> None:
    found = parse(written)
    assert str(found) == canonical
    assert parse(str(found)) == found


OWN = Guard(own_site=parse("https://data.example.org"), own_roots=("", "/de", "/portal"))


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/dataset/a/resource/b/download/c.csv", True),
        ("/dataset/a/resource/b/download/Größe%20(1).csv?x=1", True),
        ("/dataset/a/resource/b/download", True),
        ("/de/dataset/a/resource/b/download/c.csv", True),
        ("/portal/map/a/resource/b/download/c.csv", True),
        ("/uploads/group/a.csv", True),
        ("/file/public-download/store/a.csv", True),
        ("/api/3/action/user_list", False),
        ("/de/api/3/action/user_list", False),
        ("/dataset/a", False),
        ("/datastore/dump/a", False),
        ("/", False),
        ("/fr/dataset/a/resource/b/download/c.csv", False),
        ("/api/a/resource/b/download/c.csv", False),
        ("/dataset/a/resource/b/download/../../../../../api/3", False),
        ("/dataset/a/resource/b/download/..%2f..%2f..%2f..%2f..%2fapi%2f3", False),
        ("/dataset/a/resource/b/download/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/api/3", False),
        ("/uploads/%252e%252e/api/3", False),
        ("/uploads/..%5capi", False),
        ("/uploads//api", False),
        ("/uploads/..;/api", False),
    ],
)
def test_of_the_site_itself_files_are_fetched(path: str, allowed: bool) -> None:
    private = ipaddress.ip_address("10.0.0.1")
    for port in ("", ":443"):
        assert OWN.allows(parse(f"https://data.example.org{port}{path}"), private) is allowed
    assert not OWN.allows(parse(f"http://data.example.org{path}"), private)
    assert not OWN.allows(parse(f"https://data.example.org:5432{path}"), private)
    assert OWN.allows(parse(f"https://data.example.org{path}"), ipaddress.ip_address("8.8.8.8"))


def test_a_page_of_the_site_is_refused_by_its_name() -> None:
    own = Guard(own_site=parse("http://127.0.0.1:5000"))
    with pytest.raises(AddressRefused, match="page of this site; of the site itself only uploaded files"):
        own.check_url("http://127.0.0.1:5000/api/3/action/status_show")
    assert own.check_url("http://127.0.0.1:5000/dataset/a/resource/b/download/c.csv").port == 5000


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/x/a.csv", "a.csv"),
        ("..\\..\\a.csv", "a.csv"),
        ("a\x1b[31m\r\n\0\u202e\ud800.csv", "a[31m.csv"),
        ("a" * 999 + ".csv", "a" * 251 + ".csv"),
        ("/", ""),
    ],
)
def test_a_name_of_a_file_can_be_shown(path: str, name: str) -> None:
    assert file_name(path) == name


@pytest.mark.parametrize("url", ["ada:secret@example.org/a", "http:ada:secret@example.org", "http:\\\\a:secret@b/c"])
def test_no_password_is_shown_of_what_is_no_address(url: str) -> None:
    assert "secret" not in redacted(url)


def test_a_long_address_is_cut() -> None:
    assert len(redacted("http://example.org/" + "a" * 99_999)) == 301
