"""What pictures of resources cost a site: requests and queries of a listing, its time, and the time to make one."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from statistics import median
from urllib.parse import urlsplit

import psycopg
import requests
from playwright.sync_api import Browser, sync_playwright
from psycopg import sql
from werkzeug import Response
from werkzeug.middleware.shared_data import SharedDataMiddleware

from dev.portal import Portal
from dev.process import ckan_command
from tests.browsing import served

from . import ckan_server
from .stack import Ground, stack_file

CARDS = 40
LENGTHS = (20, 40, 100)
#: Each shows another size: a screen of a desk, and one of a phone.
SCALES = (1, 3)
#: Requests of each listing, alternating.
TURNS = 30
_QUERY = "FROM datapusher_plus_thumbnail"
_SCROLL = (
    "async () => { for (let y = 0; y < document.body.scrollHeight; y += 300) "
    "{ scrollTo({top: y, behavior: 'instant'}); await new Promise(done => setTimeout(done, 30)) } }"
)
#: A PDF file of one page with a blue box; an empty page has no picture.
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>endobj\n"
    b"4 0 obj<</Length 33>>stream\n0 0 1 rg 100 100 300 400 re f    \nendstream endobj\ntrailer<</Root 1 0 R>>\n"
)
_TABLE = b"kind,n\n" + b"".join(b"kind %d,%d\n" % (n % 7, n) for n in range(1000))


@dataclass(frozen=True, kw_only=True)
class Site:
    """A portal with pictures, and the same without."""

    pictured: Portal
    plain: Portal
    ini: Path
    #: name of the organization of the datasets
    organization: str

    def listing(self, count: int, portal: Portal | None = None) -> str:
        """Return the address of a listing of ``count`` datasets."""
        return f"{(portal or self.pictured).url}/organization/{self.organization}?bench={count}"


def measure(ground: Ground) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Return the figures, and the milliseconds from which they come."""
    with tempfile.TemporaryDirectory() as folder:
        static = SharedDataMiddleware(Response("not found", status=404), {"/pictures": folder})
        with served(static) as port, _sites(Path(folder), port) as site:
            _datasets(site, Path(folder), CARDS)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
                cold = _requests(browser, site)
                _make(site)
                warm = _requests(browser, site)
                browser.close()
            pages = _pages(site)
            figures = {
                "thumbs_app_requests_cold": cold,
                "thumbs_app_requests_warm": warm,
                "thumbs_page_x": median(pages["with_pictures"]) / median(pages["without_pictures"]),
                "thumbs_queries": _most_queries(ground, site, Path(folder)),
            }
            made = {f"thumbs_cold_{kind}": [ms] for kind, ms in _cold(site, Path(folder)).items()}
    return {**figures, **{f"thumbs_cold_ms_{key[12:]}": values[0] for key, values in made.items()}}, {**pages, **made}


@contextmanager
def _sites(folder: Path, port: int) -> Iterator[Site]:
    """Run two CKAN web servers on the stack's databases, with pictures and without."""
    options = {
        "ckan.datasets_per_page": str(max(LENGTHS)),
        "ckan.files.storage.pictures.type": "ckan:fs:public",
        "ckan.files.storage.pictures.path": str(folder),
        "ckanext.datapusher_plus.thumbnail_storage": "pictures",
        "ckanext.datapusher_plus.thumbnail_base_url": f"http://127.0.0.1:{port}/pictures",
    }
    on = {**options, "ckanext.datapusher_plus.thumbnail_sizes": "small:240 medium:640"}
    organization = f"bench-{uuid.uuid4().hex[:8]}"
    with (
        ckan_server.running("pictures", _with(on)) as pictured,
        ckan_server.running("plain", _with(options)) as plain,
    ):
        pictured.act("organization_create", name=organization)
        yield Site(pictured=pictured, plain=plain, ini=ckan_server.beside("pictures"), organization=organization)


def _with(options: dict[str, str]) -> Callable[[str], str]:
    lines = "".join(f"{key} = {value}\n" for key, value in options.items())
    return lambda ini: ini.replace("[app:main]\n", f"[app:main]\n{lines}", 1)


def _datasets(site: Site, folder: Path, count: int) -> None:
    """Add datasets with an image each."""
    from tests.pictures import png

    file = folder / "image.png"
    for number in range(count):
        file.write_bytes(png(number, 1200, 800))
        name = f"{site.organization}-{uuid.uuid4().hex[:8]}"
        dataset = site.pictured.act("package_create", name=name, owner_org=site.organization)
        site.pictured.upload("resource_create", file, package_id=dataset["id"], name="image", format="PNG")
    file.unlink(missing_ok=True)


def _requests(browser: Browser, site: Site) -> int:
    """Return how many requests for pictures the site gets when the listing is looked at on both screens."""
    asked: list[str] = []
    for scale in SCALES:
        context = browser.new_context(device_scale_factor=scale)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(site.listing(CARDS))
        page.evaluate(_SCROLL)
        page.wait_for_load_state("networkidle", timeout=300_000)
        context.close()
    return sum(urlsplit(url).path.startswith("/thumbnail/") for url in asked)


def _make(site: Site) -> None:
    subprocess.run(ckan_command(site.ini, "datapusher_plus", "thumbnails", "make"), check=True, capture_output=True)


def _pages(site: Site) -> dict[str, list[float]]:
    """Return the milliseconds of the listing with warm pictures and without pictures, in turns."""
    taken: dict[str, list[float]] = {"with_pictures": [], "without_pictures": []}
    with requests.Session() as session:
        for turn in range(TURNS + 2):
            for name, portal in (("with_pictures", site.pictured), ("without_pictures", site.plain)):
                begun = time.perf_counter()
                session.get(site.listing(CARDS, portal), timeout=60).raise_for_status()
                # the first two warm the server up
                taken[name] += [1000 * (time.perf_counter() - begun)] if turn > 1 else []
    return taken


def _most_queries(ground: Ground, site: Site, folder: Path) -> float:
    """Return the most queries for pictures that a listing of any length makes, from PostgreSQL's log."""
    log = Path(stack_file()["logs"]) / "postgres.log"
    found = []
    for count, more in zip(LENGTHS, (0, 0, max(LENGTHS) - CARDS), strict=True):
        _datasets(site, folder, more)
        with _logged(ground):
            before = log.stat().st_size
            address = f"{site.pictured.url}/api/3/action/package_search"
            asked = {"rows": count, "fq": f"organization:{site.organization}"}
            shown = requests.get(address, params=asked, timeout=60).json()["result"]["results"]
            with log.open(encoding="utf-8", errors="replace") as lines:
                lines.seek(before)
                found.append(len(re.findall(_QUERY, lines.read())))
        assert len(shown) == count
    return max(found)


@contextmanager
def _logged(ground: Ground) -> Iterator[None]:
    """Let PostgreSQL log all statements."""
    with psycopg.connect(ground.superuser_dsn, autocommit=True) as connection:
        for value in ("all", "none"):
            connection.execute(sql.SQL("ALTER SYSTEM SET log_statement = {}").format(sql.Literal(value)))
            connection.execute("SELECT pg_reload_conf()")
            time.sleep(1)
            if value == "all":
                yield


def _cold(site: Site, folder: Path) -> dict[str, float]:
    """Return the milliseconds of the first request for a picture, by kind."""
    from tests.pictures import png

    contents = {
        "image": ("photo.png", png(7, 4000, 3000)),
        "pdf": ("page.pdf", _PDF),
        "table": ("table.csv", _TABLE),
    }
    taken = {}
    for kind, (name, content) in contents.items():
        (folder / name).write_bytes(content)
        dataset = site.pictured.act("package_create", name=f"cold-{uuid.uuid4().hex}", owner_org=site.organization)
        ending = name.rpartition(".")[2]
        made = site.pictured.upload(
            "resource_create", folder / name, package_id=dataset["id"], name=kind, format=ending
        )
        if kind == "table":
            _with_statistics(site, made["id"])
        begun = time.perf_counter()
        reply = requests.get(f"{site.pictured.url}/thumbnail/{made['id']}", allow_redirects=False, timeout=60)
        taken[kind] = 1000 * (time.perf_counter() - begun)
        if "/pictures/" not in reply.headers.get("Location", ""):
            raise RuntimeError(f"no picture of the {kind}: {reply.status_code} {reply.text[:200]}")
    return taken


def _with_statistics(site: Site, resource_id: str, patience: float = 300) -> None:
    """Wait until a resource is loaded and has the statistics from which its picture is drawn."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        asked = {"resource_id": resource_id}
        address = f"{site.pictured.url}/api/3/action/datapusher_plus_statistics"
        if requests.get(address, params=asked, timeout=60).status_code == requests.codes.ok:
            return
        time.sleep(0.5)
    raise RuntimeError(f"{resource_id} has no statistics after {patience} s")
