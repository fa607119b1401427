"""A real Gitea with its real runner for the test session: own folders, free ports, stopped afterwards.

The server refuses to run as root: there, it and the runner run as `nobody`.
"""

import base64
import json
import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.influxd import free_port
from tests.waiting import HANGS_S

_ROOT = Path(__file__).parent.parent
_ADMIN, _PASSWORD = "tester", "tests-password-1"
_numbers = count(1)


@dataclass(frozen=True)
class Gitea:
    """A running server with a runner; `token` may do everything."""

    port: int
    token: str
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Ask the API directly, past the code under test; answers are parsed JSON."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=HANGS_S)
        try:
            headers = {"Content-Type": "application/json", "Authorization": f"token {self.token}"}
            connection.request(method, f"/api/v1{path}", json.dumps(body) if body else None, headers)
            response = connection.getresponse()
            answer = response.read()
            assert response.status < 300, f"{method} {path}: {response.status} {answer!r}"
            return json.loads(answer) if answer.strip() else None
        finally:
            connection.close()

    def has(self, url: str) -> bool:
        """Whether the server has a page."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=HANGS_S)
        try:
            connection.request("GET", url.removeprefix(self.url))
            return connection.getresponse().status == HTTPStatus.OK
        finally:
            connection.close()

    def repository(self, workflows: Mapping[str, str]) -> str:
        """A new repository with these workflow files; its name."""
        name = f"{_ADMIN}/project-{next(_numbers)}"
        self.call(
            "POST",
            "/user/repos",
            {"name": name.partition("/")[2], "auto_init": True, "default_branch": "main"},
        )
        self.commit(name, {f".gitea/workflows/{file}": text for file, text in workflows.items()})
        return name

    def commit(self, name: str, files: Mapping[str, str], branch: str = "main", new_branch: str = "") -> None:
        """Commit new files to a branch, or to a new one that begins there."""
        changes = [
            {"operation": "create", "path": path, "content": base64.b64encode(text.encode()).decode()}
            for path, text in files.items()
        ]
        asked = {"files": changes, "branch": branch, "message": f"change {next(_numbers)}"}
        self.call(
            "POST", f"/repos/{name}/contents", asked | ({"new_branch": new_branch} if new_branch else {})
        )

    def dispatch(self, name: str, workflow: str, inputs: Mapping[str, str] | None = None) -> None:
        """Start a run of a workflow."""
        path = f"/repos/{name}/actions/workflows/{quote(workflow)}/dispatches"
        self.call("POST", path, {"ref": "main", "inputs": dict(inputs or {})})

    def runs(self, name: str) -> list[dict[str, Any]]:
        """All runs, newest first."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.call("GET", f"/repos/{name}/actions/runs?limit=50&page={len(found) // 50 + 1}")
            found += page["workflow_runs"] or []
            if len(found) >= page["total_count"]:
                return found

    def wait(self, name: str, is_so: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """The runs once they are so; ends only for what hangs."""
        deadline = time.monotonic() + 5 * HANGS_S
        while not is_so(runs := self.runs(name)):
            assert time.monotonic() < deadline, f"the runs stay as they are: {runs}\n{self.log()}"
            time.sleep(0.2)
        return runs

    def settle(self, name: str, number: int) -> list[dict[str, Any]]:
        """Wait until there are so many runs, and all their jobs have ended.

        A run that waits for a job that is about to be queued says that it has ended, too.
        """
        return self.wait(name, lambda runs: len(runs) >= number and not self._at_work(name))

    def _at_work(self, name: str) -> int:
        (found,) = self.rows(
            "SELECT count(*) FROM action_run_job job JOIN repository repo ON repo.id = job.repo_id "
            "WHERE lower(repo.owner_name || '/' || repo.name) = ? AND job.status IN (5, 6, 7)",
            name,
        )
        return int(found[0])

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the server's own database."""
        with sqlite3.connect(f"file:{self.folder}/data/gitea.db?mode=ro", uri=True) as database:
            return database.execute(query, values).fetchall()

    def log(self) -> str:
        """The end of the logs of server and runner."""
        return "\n".join(path.read_text()[-2000:] for path in sorted(self.folder.glob("*.log")))


@pytest.fixture(scope="session")
def gitea() -> Iterator[Gitea]:
    """The session's Gitea."""
    # Pytest's own folders are closed to the server's user.
    with (
        tempfile.TemporaryDirectory(prefix="gitea-", ignore_cleanup_errors=True) as folder,
        serving(Path(folder)) as server,
    ):
        yield server


@contextmanager
def serving(folder: Path, capacity: int = 4) -> Iterator[Gitea]:
    """A new server in a folder, and a runner for so many jobs at once, until the end."""
    built, port = folder / "built", free_port()
    shutil.copytree(_built(), built, copy_function=_linked)
    (folder / "home").mkdir()
    (folder / "app.ini").write_text(_CONFIGURATION.format(folder=folder, static=built / "static", port=port))
    _open_to_nobody(folder)
    with _running([str(built / "gitea"), "-c", str(folder / "app.ini"), "web"], folder, "server"):
        server = Gitea(port, "", folder)
        _until(lambda: server.call("GET", "/version"), server)
        token = _made(built, folder, "admin", "user", "create", "--admin", "--username", _ADMIN, "--password",
                      _PASSWORD, "--email", "tester@example.com", "--must-change-password=false",
                      "--access-token", "--access-token-scopes", "all").split()[-1]  # fmt: skip
        secret = _made(built, folder, "actions", "generate-runner-token").split()[-1]
        server = Gitea(port, token, folder)
        runner = folder / "runner"
        runner.mkdir()
        (runner / "config.yaml").write_text(_RUNNER.format(capacity=capacity, folder=runner))
        _open_to_nobody(runner)
        command = [str(built / "runner"), "--config", "config.yaml"]
        registered = [*command, "register", "--no-interactive", "--instance", server.url, "--token", secret,
                      "--name", "runner-1", "--labels", "self-hosted:host"]  # fmt: skip
        subprocess.run(registered, cwd=runner, check=True, capture_output=True, **_as_nobody(folder))
        with _running([*command, "daemon"], runner, "../runner"):
            yield server


def _built() -> Path:
    """The folder that `tools/gitea/build.sh` names; tests fail with the reason where there is none."""
    built = subprocess.run(
        [_ROOT / "tools" / "gitea" / "build.sh", "--find"], capture_output=True, text=True, check=False
    )
    if built.returncode:
        pytest.fail(
            f"no Gitea for the tests (`make gitea` builds one):\n{built.stderr[-2000:]}", pytrace=False
        )
    return Path(built.stdout.strip())


def _linked(source: str, target: str) -> str:
    """A hard link, or a copy where the cache is on another disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        shutil.copymode(source, target)
    return target


def _made(built: Path, folder: Path, *arguments: str) -> str:
    """What a command of the server prints."""
    command = [str(built / "gitea"), "-c", str(folder / "app.ini"), *arguments]
    done: subprocess.CompletedProcess[str] = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, **_as_nobody(folder)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def _running(command: list[str], folder: Path, name: str) -> Iterator[None]:
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, **_as_nobody(folder)
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until(is_there: Callable[[], object], server: Gitea) -> None:
    deadline = time.monotonic() + HANGS_S
    while time.monotonic() < deadline:
        with suppress(OSError, AssertionError):
            is_there()
            return
        time.sleep(0.1)
    pytest.fail(f"gitea does not start:\n{server.log()}", pytrace=False)


def _as_nobody(folder: Path) -> dict[str, Any]:
    home = next(path for path in (folder, *folder.parents) if (path / "home").is_dir()) / "home"
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "USER": pwd.getpwuid(_user()).pw_name}
    return {"env": environment} | (
        {"user": _user(), "group": _user(), "extra_groups": []} if _is_root() else {}
    )


def _open_to_nobody(folder: Path) -> None:
    """Give a folder to the user of the server."""
    if not _is_root():
        return
    for path in (folder, *folder.iterdir()):
        if path.name != "built":
            shutil.chown(path, _user(), _user())


def _user() -> int:
    return pwd.getpwnam("nobody").pw_uid if _is_root() else os.getuid()


def _is_root() -> bool:
    return os.getuid() == 0


_CONFIGURATION = """\
APP_NAME = tests
RUN_MODE = prod
WORK_PATH = {folder}
[server]
STATIC_ROOT_PATH = {static}
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = http://127.0.0.1:{port}/
DISABLE_SSH = true
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
PATH = {folder}/data/gitea.db
[security]
INSTALL_LOCK = true
PASSWORD_COMPLEXITY = off
[service]
DISABLE_REGISTRATION = true
[actions]
ENABLED = true
[log]
MODE = console
LEVEL = Warn
[cron.check_repo_stats]
ENABLED = false
[webhook]
ALLOWED_HOST_LIST = loopback
"""

_RUNNER = """\
log:
  level: info
runner:
  file: .runner
  capacity: {capacity}
  fetch_interval: 1s
  fetch_timeout: 2s
  timeout: 10m
cache:
  enabled: false
host:
  workdir_parent: {folder}/work
"""
