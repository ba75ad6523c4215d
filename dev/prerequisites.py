"""Report in one message which programs this machine lacks; run by the system's Python before anything is installed."""

import ctypes.util
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

PYTHONS = ((3, 10), (3, 13))
JAVA = 17
# Debian installs PgBouncer here, which is not in the PATH of users
SBIN = "/usr/sbin/"


def main():
    """Return 1 when something is missing, after printing the Debian packages to install; else 0."""
    missing = [(what, package) for what, package, found in needs() if not found]
    if not missing:
        return 0
    lines = ["This machine lacks:"]
    lines += ["  - %s (Debian: %s)" % pair for pair in missing]
    lines.append("On Debian:  apt-get install " + " ".join(package for _, package in missing))
    sys.stderr.write("\n".join(lines) + "\n")
    return 1


def needs():
    """Return (what is needed, name of the Debian package, whether it is installed)."""
    headers = Path(sysconfig.get_paths()["include"], "Python.h").exists()
    right_python = PYTHONS[0] <= sys.version_info[:2] < PYTHONS[1]
    return (
        ("Python 3.10, 3.11 or 3.12; this is %d.%d" % sys.version_info[:2], "python3", right_python),
        ("Python's venv module", "python3-venv", has_venv()),
        ("JDK 17 or newer, for Solr", "openjdk-17-jdk-headless", java_version() >= JAVA),
        ("Maven, which fetches Solr", "maven", bool(shutil.which("mvn"))),
        ("make", "make", bool(shutil.which("make"))),
        ("a C compiler, for psycopg2", "gcc", bool(shutil.which("gcc") or shutil.which("cc"))),
        ("Python's header files, for psycopg2", "python3-dev", headers),
        ("pg_config and libpq's header files, for psycopg2", "libpq-dev", bool(shutil.which("pg_config"))),
        ("libmagic, for CKAN", "libmagic1", bool(ctypes.util.find_library("magic"))),
        ("PgBouncer, for the tests", "pgbouncer", bool(shutil.which("pgbouncer") or shutil.which(SBIN + "pgbouncer"))),
    )


def has_venv():
    """Return whether venv is complete: Debian packages ensurepip apart, without which `python3 -m venv` fails."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return False
    return True


def java_version():
    """Return the major version of the Java compiler, 0 when there is none."""
    javac = shutil.which("javac")
    if javac is None or shutil.which("java") is None:
        return 0
    # old compilers write their version to standard error
    done = subprocess.run([javac, "-version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    found = re.search(r"javac (\d+)", done.stdout.decode())
    return int(found.group(1)) if found else 0


if __name__ == "__main__":
    sys.exit(main())
