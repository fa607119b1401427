"""A real influxd for the test session: its own folder, a free port, stopped afterwards."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from etl.settings import InfluxSettings
from tests.waiting import HANGS_S

_ROOT = Path(__file__).parent.parent
_ORG = "tests"


@dataclass(frozen=True)
class Influxd:
    """A running server; `token` may do everything."""

    port: int
    token: str
    org: str = _ORG

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Ask the API directly, past the code under test; answers are parsed JSON."""
        answer = self.text(method, path, body)
        return json.loads(answer) if answer else None

    def write(self, bucket: str, lines: Sequence[bytes]) -> None:
        """Write lines of line protocol."""
        self.text("POST", f"/api/v2/write?org={self.org}&bucket={bucket}", b"\n".join(lines))

    def text(self, method: str, path: str, body: object = None) -> str:
        """The same, for answers that are no JSON."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=HANGS_S)
        try:
            headers = {"Content-Type": "application/json"}
            if self.token:
                headers["Authorization"] = f"Token {self.token}"
            sent = body if isinstance(body, bytes) else json.dumps(body)
            connection.request(method, path, sent, headers)
            response = connection.getresponse()
            answer = response.read()
            assert response.status < 300, f"{method} {path}: {response.status} {answer!r}"
            return answer.decode()
        finally:
            connection.close()


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """The session's InfluxDB, set up with an organisation and an all-access token."""
    folder, port = tmp_path_factory.mktemp("influxd"), free_port()
    with serving(folder, port):
        yield Influxd(port, set_up(port))


@contextmanager
def serving(folder: Path, port: int, wrapper: Sequence[str] = ()) -> Iterator[subprocess.Popen[bytes]]:
    """An influxd on what the folder holds, until the end; `wrapper` is a command that runs it."""
    command = [*wrapper, *_command(folder, port)]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    try:
        _wait(process, port, folder / "log")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


_numbers = count(1)


@pytest.fixture
def influx_settings(influxd: Influxd) -> InfluxSettings:
    """Settings with a bucket of the test's own, which is not there yet."""
    return InfluxSettings.model_validate(
        {"url": influxd.url, "org": influxd.org, "bucket": f"test-{next(_numbers)}", "token": influxd.token}
    )


def _command(folder: Path, port: int) -> list[str]:
    return [
        _binary(),
        f"--bolt-path={folder / 'bolt'}",
        f"--engine-path={folder / 'engine'}",
        f"--sqlite-path={folder / 'sqlite'}",
        f"--http-bind-address=127.0.0.1:{port}",
        "--reporting-disabled",
        "--log-level=error",
        "--query-concurrency=10",
        f"--query-memory-bytes={512 << 20}",
        # A disk that others write to as well may take its time.
        "--storage-write-timeout=60s",
    ]


def _binary() -> str:
    """`$INFLUXD`, influxd on the PATH, else built; tests fail with the reason where there is none."""
    found = os.environ.get("INFLUXD") or shutil.which("influxd")
    if found:
        return found
    built = subprocess.run(
        [_ROOT / "tools" / "influxd" / "build.sh"], capture_output=True, text=True, check=False
    )
    if built.returncode:
        pytest.fail(
            f"no influxd for the tests, and it cannot be built:\n{built.stderr[-2000:]}", pytrace=False
        )
    return built.stdout.strip()


def free_port() -> int:
    """A port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + HANGS_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            Influxd(port, "").call("GET", "/health")
        except (OSError, AssertionError):
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"influxd does not start:\n{log.read_text()[-2000:]}", pytrace=False)


def set_up(port: int) -> str:
    """Set up a new server; its token."""
    answer = Influxd(port, "").call(
        "POST",
        "/api/v2/setup",
        {"username": "tests", "password": "tests-password", "org": _ORG, "bucket": "default"},
    )
    token: str = answer["auth"]["token"]
    return token
