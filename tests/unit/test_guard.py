"""Only the open internet, and what the site allows by name, is fetched from."""

from __future__ import annotations

import ipaddress

import pytest

from ckanext.datapusher_plus.core.errors import AddressRefused
from ckanext.datapusher_plus.fetch.address import Address, parse
from ckanext.datapusher_plus.fetch.guard import Guard, is_public
from ckanext.datapusher_plus.fetch.redact import redacted


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
