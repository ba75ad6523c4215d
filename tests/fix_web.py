"""A web server on this machine with the faults of servers on the internet."""

from __future__ import annotations

import gzip
import ipaddress
import ssl
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

CSV = b"name,age\nAda,36\n"
PAGE = b"<!doctype html><html><title>Sign in</title></html>"


class Handler(BaseHTTPRequestHandler):
    """Handler whose method for a request is named by its path; requests are kept in the server's `asked`."""

    protocol_version = "HTTP/1.1"

    @property
    def web(self) -> WebServer:
        """Return the server with its type."""
        assert isinstance(self.server, WebServer)
        return self.server

    def do_GET(self) -> None:
        self.web.asked.append((self.path, dict(self.headers.items())))
        # a proxy gets whole URLs as paths
        address = urlsplit(self.path)
        getattr(self, address.path.strip("/").partition(".")[0], self.missing)(address.query)

    def log_message(self, format: str, *args: object) -> None:
        """Keep pytest's output clean."""

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def missing(self, _: str) -> None:
        self.answer(404, b"no such file")

    def table(self, _: str) -> None:
        self.answer(200, CSV, Content_Type="text/csv; charset=utf-8")

    def named(self, _: str) -> None:
        self.answer(200, CSV, Content_Disposition='attachment; filename="../../people.csv"')

    def page(self, _: str) -> None:
        self.answer(200, PAGE, Content_Type="text/html")

    def maintenance(self, _: str) -> None:
        self.answer(200, b"message\nService unavailable\nTry later\n", Content_Type="text/csv")

    def zipped(self, _: str) -> None:
        self.answer(200, gzip.compress(CSV * 1000), Content_Encoding="gzip")

    def status(self, code: str) -> None:
        self.answer(int(code))

    def busy(self, times: str) -> None:
        """Answer 503 the first ``times`` times, then send the table."""
        seen = sum(path == self.path for path, _ in self.web.asked)
        self.answer(503) if seen <= int(times) else self.table("")

    def preparing(self, how: str) -> None:
        """Answer 202 some times, then send the table; ``how`` is the number of times, as ``2`` or ``2,Retry-After``."""
        times, _, after = how.partition(",")
        seen = sum(path == self.path for path, _ in self.web.asked)
        if seen > int(times):
            self.table("")
        else:
            self.answer(202, b'{"status": "Pending"}', **({"Retry_After": unquote(after)} if after else {}))

    def to(self, location: str) -> None:
        self.answer(302, Location=location)

    def loop(self, _: str) -> None:
        self.answer(302, Location="/loop")

    def silent(self, _: str) -> None:
        self.web.stopped.wait(5)
        self.close_connection = True

    def slow(self, _: str) -> None:
        """Send the table byte by byte, with short pauses."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(CSV)))
        self.end_headers()
        for place in range(len(CSV)):
            self.wfile.write(CSV[place : place + 1])
            time.sleep(0.01)

    def truncated(self, _: str) -> None:
        self.answer(200, CSV, Content_Length="1000")
        self.close_connection = True

    def big(self, size: str) -> None:
        """Announce ``size`` bytes, and send none."""
        self.answer(200, b"", Content_Length=size)
        self.close_connection = True

    def nonsense(self, _: str) -> None:
        self.answer(200, CSV, Content_Length="16, 17")
        self.close_connection = True

    def endless(self, _: str) -> None:
        """Send chunks without announcing a size, until the client closes."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True
        try:
            while not self.web.stopped.is_set():
                self.wfile.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
        except OSError:
            pass


class WebServer(ThreadingHTTPServer):
    """Web server with one thread per request."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.stopped = threading.Event()


@dataclass
class Web:
    """The running server."""

    server: WebServer
    asked: list[tuple[str, dict[str, str]]] = field(init=False)

    def __post_init__(self) -> None:
        self.asked = self.server.asked

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server.server_port}"

    def speak_https(self) -> str:
        """Use TLS from now on with a self-signed certificate, and return the certificate's path."""
        folder = Path(tempfile.mkdtemp())
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        _self_signed(certificate, key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        return str(certificate)

    def url(self, path: str) -> str:
        """Return the full address of a path."""
        return f"http://{self.host}/{path}"


def _self_signed(certificate: Path, key: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(timezone.utc)
    signed = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(Encoding.PEM))
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@pytest.fixture
def web() -> Iterator[Web]:
    """A running web server."""
    server = WebServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield Web(server)
    server.stopped.set()
    server.shutdown()
    thread.join()
    server.server_close()
