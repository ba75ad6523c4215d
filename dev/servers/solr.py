"""Solr 9 from its Maven artifacts: the jars, a short main class, and CKAN's own schema."""

import fcntl
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import requests

from dev.console import say
from dev.process import Command
from dev.server import Server
from dev.stack import REPOSITORY

RECIPE = REPOSITORY / "dev" / "solr"
# next to the Python packages: every stack of this checkout shares the installed jars
INSTALLED = Path(sys.prefix) / "solr"


class Solr(Server):
    """Solr with one core and CKAN's schema; `ckan.site_id` separates the sites in it."""

    name = "solr"
    title = "Solr"

    def command(self) -> Command:
        memory = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
        # Solr logs errors at its start without these two folders; the first must not be the one that holds the jars.
        folders = (f"-Dsolr.install.dir={self.home}", f"-Dsolr.log.dir={self.stack.logs}")
        options = ("-Djava.awt.headless=true", "-Duser.timezone=UTC", "-Dlog4j2.level=WARN")
        classes = f"{INSTALLED / 'classes'}:{INSTALLED / 'lib'}/*"
        argv = ("java", *memory, *folders, *options, "-cp", classes, "SolrMain", str(self.home), str(self.port))
        return Command(argv=argv)

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.stack.solr_url}/admin/ping", timeout=2).ok
        except requests.RequestException:
            return False

    def prepare(self) -> None:
        install()
        conf = self.stack.folder("solr", "ckan", "conf")
        (self.home / "solr.xml").write_text("<solr/>\n")
        (conf.parent / "core.properties").write_text("name=ckan\n")
        shutil.copy(RECIPE / "conf" / "solrconfig.xml", conf)
        shutil.copy(_schema(), conf / "schema.xml")
        for named_by_the_schema in ("synonyms.txt", "protwords.txt"):
            (conf / named_by_the_schema).touch()

    @property
    def home(self) -> Path:
        """Folder of the core and its index."""
        return self.stack.root / "solr"


def install() -> None:
    """Download the jars and compile the main class, once per version of the recipe."""
    sources = [RECIPE / "pom.xml", RECIPE / "SolrMain.java", RECIPE / "jars.sha256"]
    version = sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    done = INSTALLED / "version"
    with _alone():
        if done.exists() and done.read_text() == version:
            return
        say("  Solr: fetching its jars (50 MB, once) ...")
        for part in ("lib", "classes"):
            shutil.rmtree(INSTALLED / part, ignore_errors=True)
        _fetch_jars()
        _check_jars()
        _run("javac", "-cp", f"{INSTALLED / 'lib'}/*", "-d", str(INSTALLED / "classes"), str(RECIPE / "SolrMain.java"))
        done.write_text(version)


def _fetch_jars() -> None:
    folder = f"-DoutputDirectory={INSTALLED / 'lib'}"
    maven = ("mvn", "-B", "-ntp", "-q", "-C", "-f", str(RECIPE / "pom.xml"), folder)
    goal = "dependency:copy-dependencies"
    try:
        _run(*maven, goal)
    except RuntimeError:
        _run(*maven, "-U", goal)  # Maven caches a failed download; -U makes it try again


def _check_jars() -> None:
    lines = [line.split() for line in (RECIPE / "jars.sha256").read_text().splitlines()]
    wanted = {name: digest for digest, name in lines}
    found = {jar.name: sha256(jar.read_bytes()).hexdigest() for jar in (INSTALLED / "lib").glob("*.jar")}
    if found != wanted:
        wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        raise RuntimeError(f"Solr: these jars are not the ones that jars.sha256 names: {', '.join(wrong)}")


def _run(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise RuntimeError(f"{argv[0]} failed:\n{done.stdout}{done.stderr}")


def _schema() -> Path:
    ckan = importlib.util.find_spec("ckan")
    if ckan is None or ckan.origin is None:
        raise FileNotFoundError("CKAN is not installed in this environment.")
    return Path(ckan.origin).parent / "config" / "solr" / "schema.xml"


@contextmanager
def _alone() -> Iterator[None]:
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with (INSTALLED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
