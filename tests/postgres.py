"""A real PostgreSQL for the test session: its own folder, a free port, stopped afterwards.

It refuses to run as root: where the tests do, it runs as the user that Debian's package made.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.influxd import free_port

_ROOT = Path(__file__).parent.parent
_OWNER = "ci_health"
PASSWORD = "a secret of the tests: @/"
# Nothing of a test outlives the machine, so that nothing has to reach the disk.
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
_numbers = count(1)


@dataclass(frozen=True)
class Postgres:
    """A running server; its owner may do everything."""

    port: int
    folder: Path

    def url(self, database: str, password: str = PASSWORD) -> str:
        """The URL that a setting would hold."""
        quoted = password.replace("@", "%40").replace("/", "%2F").replace(" ", "%20").replace(":", "%3A")
        return f"postgresql://{_OWNER}:{quoted}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """Ask the server directly, past the code under test."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=_OWNER,
            password=PASSWORD,
            dbname=database,
            autocommit=True,
        )

    def database(self) -> str:
        """The name of a new, empty database."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        with self.connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return name

    def cut(self, database: str) -> None:
        """End every connection to a database, as a server that restarts does."""
        with self.connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database]
            )

    @contextmanager
    def away(self, database: str) -> Iterator[None]:
        """End every connection to a database, and refuse new ones, as a server does while it restarts."""
        allow = f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS'
        with self.connect() as connection:
            connection.execute(f"{allow} false")  # type: ignore[call-overload]
            self.cut(database)
            try:
                yield
            finally:
                connection.execute(f"{allow} true")  # type: ignore[call-overload]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The session's PostgreSQL."""
    with serving() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """The URL of a database of the test's own."""
    return postgres.url(postgres.database())


@pytest.fixture(params=["sqlite", "postgresql"])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty state, in each database that is supported."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@contextmanager
def serving() -> Iterator[Postgres]:
    """A server in a folder of its own, for as long as this lasts."""
    folder = Path(tempfile.mkdtemp(prefix="ci-health-postgresql-"))
    try:
        with _serving(folder, free_port()) as server:
            yield server
    finally:
        shutil.rmtree(folder)


@contextmanager
def _serving(folder: Path, port: int) -> Iterator[Postgres]:
    programs, user = _programs(), _user(folder)
    secret = folder / "password"
    secret.write_text(PASSWORD, "utf-8")
    data, log = folder / "data", folder / "log"
    made = [programs / "initdb", f"--pgdata={data}", f"--username={_OWNER}", f"--pwfile={secret}"]
    _run([*made, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"], user)
    options = " ".join(f"-c {setting}" for setting in (*_FAST, f"unix_socket_directories={folder}"))
    control = [programs / "pg_ctl", f"--pgdata={data}", "--silent"]
    listening = f"-p {port} -c listen_addresses=127.0.0.1 {options}"
    _run([*control, "start", "--wait", f"--log={log}", f"--options={listening}"], user)
    try:
        yield Postgres(port, folder)
    finally:
        _run([*control, "stop", "--mode=immediate"], user)


def _user(folder: Path) -> dict[str, Any]:
    """As whom the server runs: whoever runs the tests, but never root; the folder is given to them."""
    if os.geteuid() != 0:
        return {}
    shutil.chown(folder, "postgres", "postgres")
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


def _run(command: list[Any], user: dict[str, Any]) -> None:
    # What the server inherits it keeps open: a pipe would never end.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, check=False, cwd="/", **user
        )
        output.seek(0)
        if done.returncode:
            pytest.fail(f"PostgreSQL does not start:\n{output.read().decode()[-2000:]}", pytrace=False)


def _programs() -> Path:
    found = subprocess.run([_ROOT / "tools" / "postgresql.sh"], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.fail(f"no PostgreSQL for the tests:\n{found.stderr[-2000:]}", pytrace=False)
    return Path(found.stdout.strip())
