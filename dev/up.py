"""Start and stop the servers in the order of their dependencies."""

import json
import subprocess
import sys
from hashlib import sha256

from dev import ini
from dev.console import DIM, good, paint, say
from dev.servers.ckan import Ckan
from dev.servers.postgres import Postgres
from dev.servers.prefect import DATABASE, Prefect
from dev.servers.redis import Redis
from dev.servers.solr import Solr
from dev.servers.worker import Worker
from dev.stack import MAIN, REPOSITORY, Site, Stack

NAMES = ("postgres", "redis", "solr", "prefect", "ckan", "worker")


def up(stack: Stack, only: frozenset[str] = frozenset(NAMES), sites: tuple[Site, ...] = (MAIN,)) -> None:
    """Start the servers in ``only`` that do not run, and wait until all of them answer."""
    with stack.locked():
        postgres, prefect = Postgres(stack), Prefect(stack)
        ground = [server for server in (postgres, Redis(stack), Solr(stack)) if server.name in only]
        for server in ground:
            server.launch()
        if "postgres" in only:
            postgres.wait()
            _databases(postgres, sites)
        if "prefect" in only:
            prefect.launch()
        for server in ground[1:]:
            server.wait()
        for site in sites:
            prepare_site(stack, postgres, site)
        portal = [server for server in (Ckan(stack), Worker(stack)) if server.name in only]
        for server in portal:
            server.launch()
        for server in ([prefect] if "prefect" in only else []) + portal:
            server.wait()
        stack.write_summary()


def down(stack: Stack) -> None:
    """Stop all servers, in reverse order of their dependencies."""
    if not stack.root.exists():
        return
    with stack.locked():
        for kind in (Worker, Ckan, Prefect, Solr, Redis, Postgres):
            server = kind(stack)
            if server.pidfile.process() is not None:
                server.stop()
                good(f"{server.title:<12}stopped")


def running(stack: Stack) -> list[str]:
    """Return the names of the servers that run."""
    kinds = (Postgres, Redis, Solr, Prefect, Ckan, Worker)
    return [kind.name for kind in kinds if kind(stack).pidfile.process() is not None]


def _databases(postgres: Postgres, sites: tuple[Site, ...]) -> None:
    postgres.ensure_role("prefect")
    postgres.ensure_database(DATABASE, "prefect")
    for site in sites:
        postgres.ensure_site(site)


def prepare_site(stack: Stack, postgres: Postgres, site: Site) -> None:
    """Write the site's ini file, and set up its databases again if anything that they depend on has changed."""
    ini.write(stack, site)
    stamp = stack.folder("run") / f"{site.name}.ready"
    wanted = _state(stack, site)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(paint(f"    preparing the databases of {site.name} ...", DIM))
    key = "token" if site is MAIN else f"token_{site.name}"
    arguments = (str(stack.ini(site)), stack.secret["admin"], stack.secret.get(key, ""))
    log = stack.folder("logs") / f"site-{site.name}.log"
    with log.open("w") as errors:
        argv = (sys.executable, "-W", "ignore", "-m", "dev.site", *arguments)
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=errors, text=True, check=False, cwd=REPOSITORY)
    if done.returncode:
        raise RuntimeError(f"The databases of {site.name} could not be prepared; see {log}.")
    told = json.loads(done.stdout.splitlines()[-1])
    postgres.run_script(site.datastore_db, _without_connect(told["permissions"]))
    stack.keep_secret(key, told["token"])
    stamp.write_text(wanted)


def _without_connect(script: str) -> str:
    return "\n".join(line for line in script.splitlines() if not line.startswith("\\connect"))


def _state(stack: Stack, site: Site) -> str:
    """Return a digest of the site's settings, the migrations and the installed versions."""
    package = REPOSITORY / "ckanext" / "datapusher_plus"
    files = [stack.ini(site), site.settings, REPOSITORY / "constraints.txt"]
    files += sorted((package / "migration").rglob("*.py"))
    return sha256(b"".join(path.read_bytes() for path in files if path.exists())).hexdigest()
