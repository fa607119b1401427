"""The command as a user runs it: another process, its own environment, a simulated GitHub on loopback."""

import asyncio
import os
import pty
import signal
import sys
import termios
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from tests.cli.forked import run_forked
from tests.pipeline.world import BY_SYNC

COMMAND = Path(sys.executable).with_name("ci-health")


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


class Ci:
    """Runs `ci-health` in a folder; `variables` are its settings."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        # LC_ALL: what a user's terminal has; PATH: nothing of the test run's settings leaks in. Services of
        # several tests run at once: each has a port of its own.
        self.environment = {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "100",
            "CI_HEALTH_HTTP__PORT": "0",
            **variables,
        }

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            COMMAND,
            *arguments,
            cwd=self.folder,
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def __call__(self, *arguments: str) -> Outcome:
        code, out, err = await run_forked(arguments, self.folder, self.environment)
        return Outcome(code, out.decode(), err.decode())


async def on_terminal(
    ci: Ci,
    *arguments: str,
    answers: Mapping[str, str] | None = None,
    hidden: str = "",
    interrupt_at: str = "",
) -> Outcome:
    """Run the command on a terminal; all that it prints is in `out`.

    `answers` are typed when the terminal shows what they belong to, that of `hidden` once it shows nothing that
    is typed: what was typed before is discarded. Ctrl-C when it shows `interrupt_at`.
    """
    terminal, its_end = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        COMMAND,
        *arguments,
        cwd=ci.folder,
        env={**ci.environment, "TERM": "xterm", "COLUMNS": "200"},
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
        start_new_session=True,
    )
    os.close(its_end)
    shown, waiting = "", dict(answers or {})
    try:
        while piece := await asyncio.to_thread(_read, terminal):
            shown += piece
            for prompt in [prompt for prompt in waiting if prompt in shown]:
                while prompt == hidden and _echoes(terminal) and process.returncode is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                os.write(terminal, f"{waiting.pop(prompt)}\n".encode())
            if interrupt_at and interrupt_at in shown:
                interrupt_at = ""
                process.send_signal(signal.SIGINT)
    finally:
        os.close(terminal)
        if process.returncode is None and interrupt_at:
            process.kill()
    return Outcome(await process.wait(), shown.replace("\r\n", "\n"), "")


def _echoes(terminal: int) -> bool:
    """Whether the terminal shows what is typed."""
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


def _read(terminal: int) -> str:
    """What the terminal shows next; empty when the process has ended."""
    try:
        return os.read(terminal, 65_536).decode(errors="replace")
    except OSError:
        return ""


def settings_for(url: str, *repositories: str, **more: str) -> dict[str, str]:
    return {
        "CI_HEALTH_REPOSITORIES": ",".join(repositories or ("acme/rocket",)),
        "CI_HEALTH_GITHUB__API_URL": url,
        "GITHUB_TOKEN": "token-of-a-test",
        **more,
    }


def contents(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every point of the embedded store but those that depend on when there was a sync, in a total order."""
    file = folder / ".ci-health" / "ci-health.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        names = [row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        return {
            name: connection.execute(f'SELECT * FROM "{name}" ORDER BY ALL').fetchall()  # noqa: S608
            for name in sorted(names)
            if name not in BY_SYNC
        }
