"""A PostgreSQL server of one's own, for as long as it is needed: `python -m tools.postgres`.

Its data and its socket lie in a temporary folder that only its user can enter; it listens on no
network. PostgreSQL refuses to run as root: root starts it as `nobody`.
"""
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

DEBIAN = Path("/usr/lib/postgresql")
ROLE = "tuidan"
PORT = 5432     # names the socket, nothing else
UNPRIVILEGED = "nobody"


class Missing(Exception):
    """PostgreSQL is not installed here."""

    def __init__(self):
        super().__init__("no initdb and pg_ctl here (Debian: apt-get install postgresql-15)")


def programs():
    """The folder with initdb and pg_ctl. Raises Missing."""
    there = [path.parent for path in DEBIAN.glob("*/bin/initdb")]
    found = shutil.which("initdb")
    if found:
        there.append(Path(found).resolve().parent)
    good = [folder for folder in sorted(there) if (folder / "pg_ctl").exists()]
    if not good:
        raise Missing
    return good[-1]


@contextmanager
def server(durable=True):
    """Start one, yield the URL of a database in it, end it and remove it. `durable` false: what it
    has committed outlives its processes, not a power cut. Raises Missing."""
    folder = programs()
    home = Path(mkdtemp(prefix="tuidan-pg-"))
    user: dict = {}
    if os.geteuid() == 0:
        user = {"user": UNPRIVILEGED, "group": "nogroup", "extra_groups": []}
        shutil.chown(home, UNPRIVILEGED)
    data, log = home / "data", home / "log"

    def run(program, *words):
        done = subprocess.run([folder / program, "-D", data, *words], cwd=home, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, start_new_session=True, **user)
        if done.returncode:
            told = log.read_text() if log.exists() else ""
            raise RuntimeError(f"{program} failed: {done.stdout}{told}")

    try:
        run("initdb", "-U", ROLE, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
        run("pg_ctl", "-w", "-l", log, "-o",
            f"-c listen_addresses='' -c unix_socket_directories={home} -p {PORT}"
            f"{'' if durable else ' -c fsync=off'}", "start")
        try:
            yield url(home, "postgres")
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home)


def url(home, database):
    """Of a database of the server whose folder is `home`."""
    return f"postgresql://{ROLE}@/{database}?unix_sock={home}/.s.PGSQL.{PORT}"


def main():
    """Serve until Ctrl-C; the URL is printed."""
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: sys.exit(0))
    try:
        with server() as address:
            print(address, flush=True)
            signal.pause()
    except Missing as reason:
        sys.exit(f"postgres: {reason}")


if __name__ == "__main__":
    main()
