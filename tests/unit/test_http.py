"""Downloads from a real server, good and bad."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import certifi
import pytest

from ckanext.datapusher_plus import formats
from ckanext.datapusher_plus.core.errors import (
    AddressRefused,
    FetchInterrupted,
    FileTooLarge,
    NotFetched,
    NotReady,
    NotText,
    TooManyRedirects,
)
from ckanext.datapusher_plus.core.values import Source
from ckanext.datapusher_plus.fetch.guard import Guard
from ckanext.datapusher_plus.fetch.http import HttpRules, download
from tests.fix_file import Said
from tests.fix_web import CSV, Web

Fetch = Callable[..., Source]


@pytest.fixture
def fetch(web: Web, tmp_path: Path, said: Said) -> Fetch:
    """Download from the test's server, which is allowed by name."""

    def run(path: str, **how: Any) -> Source:
        rules = {"guard": Guard({web.host}), "limit": 100_000, "timeout": 0.3, "least_rate": 0, "backoff": 0, **how}
        url = path if "://" in path else web.url(path)
        return download(url, tmp_path / "source", HttpRules(**rules), said)

    return run


def test_a_file_arrives_with_its_digest(fetch: Fetch, said: Said) -> None:
    got = fetch("table.csv?version=2")
    assert got.path.read_bytes() == CSV
    assert (got.filename, got.size, got.content_type) == ("table.csv", len(CSV), "text/csv")
    assert got.hash == hashlib.sha256(CSV).hexdigest()
    assert said.bytes_done == [(len(CSV), len(CSV))]


def test_the_digest_is_the_sites_choice(fetch: Fetch) -> None:
    assert fetch("table.csv", algorithm="md5").hash == hashlib.md5(CSV).hexdigest()  # noqa: S324


def test_a_name_from_the_server_is_only_a_name(fetch: Fetch) -> None:
    assert fetch("named").filename == "people.csv"


def test_a_compressed_transfer_is_unpacked(fetch: Fetch) -> None:
    assert fetch("zipped").path.read_bytes() == CSV * 1000


def test_a_slow_but_steady_server_is_fine(fetch: Fetch) -> None:
    assert fetch("slow").size == len(CSV)


@pytest.mark.parametrize("status", [204, 401, 403, 404, 410])
def test_no_file_is_told_with_the_status(status: int, fetch: Fetch, web: Web) -> None:
    with pytest.raises(NotFetched, match=f"answered {status}"):
        fetch(f"status?{status}")
    assert len(web.asked) == 1


@pytest.mark.parametrize("after", ["", ",0", ",1", ",Fri,%2031%20Dec%202010%2023:59:59%20GMT", ",soon", ",-5"])
def test_a_file_that_is_being_prepared_is_asked_for_again(after: str, fetch: Fetch, web: Web, said: Said) -> None:
    # more often than failures are tried again
    assert fetch(f"preparing?2{after}", retries=0).path.read_bytes() == CSV
    assert len(web.asked) == 3
    pauses = [line for line in said.lines if "is preparing the file" in line]
    assert [line.rpartition("in ")[2] for line in pauses] == (["1 s."] * 2 if after == ",1" else ["0 s."] * 2)


def test_pauses_grow_while_a_file_is_prepared(fetch: Fetch, said: Said) -> None:
    assert fetch("preparing?3", backoff=0.6).size == len(CSV)
    assert [line.rpartition("in ")[2] for line in said.lines] == ["1 s.", "1 s.", "2 s."]


@pytest.mark.parametrize("after", ["", ",86400"])
def test_a_file_that_is_never_ready_ends_in_a_sentence(after: str, fetch: Fetch, web: Web) -> None:
    with pytest.raises(NotReady, match=r"still answered 202 \(the file is being prepared\) after 1 seconds"):
        fetch(f"preparing?9999{after}", patience=1, retries=3)
    # an hour's wait for one that says "tomorrow" is asked for at its end once more
    assert len(web.asked) == 2 if after else len(web.asked) > 2


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_passing_failures_are_tried_again_and_told(status: int, fetch: Fetch, web: Web, said: Said) -> None:
    with pytest.raises(FetchInterrupted, match=f"the server answered {status}"):
        fetch(f"status?{status}", retries=2)
    assert len(web.asked) == 3
    assert said.lines[-1] == f"Download failed (the server answered {status}), trying again: 2 of 2."


def test_a_server_that_recovers_is_forgiven(fetch: Fetch) -> None:
    assert fetch("busy?2", retries=2).size == len(CSV)


@pytest.mark.parametrize(("path", "why"), [("silent", "no answer within 0.3 seconds"), ("truncated", "broke off")])
def test_a_transfer_that_stops_is_told(path: str, why: str, fetch: Fetch, web: Web) -> None:
    with pytest.raises(FetchInterrupted, match=why):
        fetch(path, retries=1)
    assert len(web.asked) == 2


def test_nobody_listening_is_told(fetch: Fetch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(FetchInterrupted, match="no connection could be made"):
            fetch(f"http://{host}/a.csv", guard=Guard({host}), retries=0)


def test_a_name_that_does_not_exist_is_told(fetch: Fetch) -> None:
    with pytest.raises(FetchInterrupted, match="its name could not be resolved"):
        fetch("http://no-such-host.invalid/a.csv", retries=0)


@pytest.mark.parametrize(
    ("path", "how"), [("big?100001", {}), ("endless", {}), ("zipped", {"limit": 2000}), ("table.csv", {"limit": 5})]
)
def test_a_file_over_the_limit_is_refused(path: str, how: dict[str, int], fetch: Fetch, tmp_path: Path) -> None:
    with pytest.raises(FileTooLarge, match="this site loads at most"):
        fetch(path, **how)
    source = tmp_path / "source"
    assert not source.exists() or source.stat().st_size <= 100_000


def test_redirects_are_followed(fetch: Fetch, web: Web) -> None:
    assert fetch("to?/to?/table.csv").filename == "table.csv"
    assert [path for path, _ in web.asked] == ["/to?/to?/table.csv", "/to?/table.csv", "/table.csv"]


def test_a_redirect_loop_ends(fetch: Fetch, web: Web) -> None:
    with pytest.raises(TooManyRedirects, match="redirected 4 times"):
        fetch("loop", redirects=4)
    assert len(web.asked) == 5


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/latest/meta-data/", "http://localhost:1/x", "file:///etc/passwd", "ftp://x.org/a"],
)
def test_a_redirect_into_the_network_is_refused(target: str, fetch: Fetch) -> None:
    with pytest.raises(AddressRefused):
        fetch(f"to?{target}")


def test_a_private_server_is_refused_when_nobody_allowed_it(fetch: Fetch, web: Web) -> None:
    for host in (web.host, f"localhost:{web.server.server_port}"):
        with pytest.raises(AddressRefused, match="private network"):
            fetch(f"http://{host}/table.csv", guard=Guard())
    assert web.asked == []


def test_nothing_secret_is_sent(fetch: Fetch, web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ada password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    fetch(f"http://ada:secret@{web.host}/to?http://bob:hidden@{web.host}/table.csv")
    assert len(web.asked) == 2
    assert all(not {"authorization", "cookie"} & {name.lower() for name in headers} for _, headers in web.asked)


def test_a_proxy_does_the_fetching(fetch: Fetch, web: Web) -> None:
    how = {"proxy": f"http://{web.host}", "proxy_resolves": True, "retries": 0}
    assert fetch("http://no-such-host.invalid/table.csv", **how).size
    assert web.asked[0][0] == "http://no-such-host.invalid/table.csv"


def test_a_proxy_is_no_way_into_the_network(fetch: Fetch, web: Web) -> None:
    with pytest.raises(AddressRefused, match="private network"):
        fetch("http://localhost:1/a.csv", proxy=f"http://{web.host}")


def test_an_answer_that_makes_no_sense_is_told(fetch: Fetch) -> None:
    with pytest.raises(FetchInterrupted, match="could not be understood"):
        fetch("nonsense")


def test_messages_hide_signatures(fetch: Fetch) -> None:
    with pytest.raises(NotFetched) as error:
        fetch("missing?X-Amz-Signature=abc")
    assert "abc" not in str(error.value)


def test_a_page_instead_of_the_file_is_called_a_page(fetch: Fetch) -> None:
    with pytest.raises(NotText, match="a web page"):
        formats.detect(fetch("page"), "CSV")


def test_a_name_is_resolved_once_so_that_it_cannot_change_its_mind(
    fetch: Fetch, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def answer(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1" if host == "rebinding.test" else host, port, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    host = f"rebinding.test:{web.server.server_port}"
    assert fetch(f"http://{host}/table.csv", guard=Guard({host})).size == len(CSV)
    assert asked == ["rebinding.test", "127.0.0.1"]


@pytest.mark.parametrize(("verify", "trusted"), [(True, ""), (False, ""), (True, "setting"), (True, "environment")])
def test_certificates_are_checked_unless_the_site_says_no(
    verify: bool, trusted: str, fetch: Fetch, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = web.speak_https()
    if trusted == "environment":
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate)
    how = {"verify": verify, "ca_bundle": certificate if trusted == "setting" else ""}
    url = f"https://{web.host}/table.csv"
    if verify and not trusted:
        with pytest.raises(FetchInterrupted, match="certificate could not be verified"):
            fetch(url, **how)
    else:
        assert fetch(url, **how).size == len(CSV)


def test_the_setting_for_certificates_wins(fetch: Fetch, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", web.speak_https())
    with pytest.raises(FetchInterrupted, match="certificate could not be verified"):
        fetch(f"https://{web.host}/table.csv", ca_bundle=certifi.where())


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_bundle_that_cannot_be_read_is_told(content: str | None, fetch: Fetch, web: Web, tmp_path: Path) -> None:
    web.speak_https()
    bundle = tmp_path / "bundle.pem"
    if content:
        bundle.write_text(content)
    with pytest.raises(FetchInterrupted, match="ssl_ca_bundle"):
        fetch(f"https://{web.host}/table.csv", ca_bundle=str(bundle))


def test_a_server_that_speaks_no_tls_is_told(fetch: Fetch, web: Web) -> None:
    with pytest.raises(FetchInterrupted, match=r"no secure connection \(TLS\)"):
        fetch(f"https://{web.host}/table.csv")
