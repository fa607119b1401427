"""`ci-health` as another process whose log is read as it comes, and which can be stopped or killed."""

import asyncio
import json
import math
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.cli.running import COMMAND
from tests.http.test_ci_metrics import samples
from tests.waiting import HANGS_S

_LOOK_S = 0.1
_LINE_LIMIT = 1 << 24

Record = dict[str, Any]


@dataclass(slots=True)
class Process:
    """A running `ci-health`; `log` are its records, `text` is all that it printed.

    `wrapper` is a command that runs it (a name space with a small disk, a limit).
    """

    folder: Path
    environment: dict[str, str]
    wrapper: Sequence[str] = ()
    log: list[Record] = field(default_factory=list)
    text: str = ""
    peak_kb: int = 0
    _child: asyncio.subprocess.Process | None = None
    _reading: asyncio.Task[None] | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self, *arguments: str) -> "Process":
        """Start it with arguments of the command line."""
        self._child = await asyncio.create_subprocess_exec(
            *self.wrapper,
            COMMAND,
            *arguments,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **self.environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LINE_LIMIT,
        )
        assert self._child.stdout
        assert self._child.stderr
        self._reading = asyncio.create_task(self._read(self._child.stdout, self._child.stderr))
        return self

    @property
    def running(self) -> bool:
        """Whether it is alive."""
        return self._child is not None and self._child.returncode is None

    @property
    def pid(self) -> int:
        """Its process id; that of the wrapper where there is one that stays."""
        assert self._child is not None
        return self._child.pid

    async def until(self, event: str, *, count: int = 1) -> Record:
        """The record of an event once it was logged `count` times; fails where the process ends before."""
        try:
            async with asyncio.timeout(HANGS_S):
                while len(found := self.events(event)) < count:
                    assert self.running, f"it ended before {event!r}:\n{self.text}"
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"no {event!r} came:\n{self.text}") from None
        return found[count - 1]

    def events(self, event: str) -> list[Record]:
        """All records of an event."""
        return [record for record in self.log if record.get("event") == event]

    def complaints(self) -> list[str]:
        """The events of all records above the level info, in order."""
        return [record["event"] for record in self.log if record.get("level") in ("warning", "error")]

    async def shows(self, metric: str, labels: str = "", *, least: float = 1, most: float = math.inf) -> None:
        """Wait until `/metrics` tells a value of the metric within these bounds."""
        listening = await self.until("listening")
        value = None
        async with aiohttp.ClientSession() as session, asyncio.timeout(HANGS_S):
            while value is None or not least <= value <= most:
                assert self.running, self.text
                async with session.get(f"{listening['url']}/metrics") as answer:
                    value = samples(await answer.text()).get((f"ci_health_{metric}", labels))
                await asyncio.sleep(_LOOK_S)

    async def end(self) -> int:
        """Wait until it ends by itself; its exit code."""
        assert self._child
        assert self._reading
        async with asyncio.timeout(HANGS_S):
            await self._reading
            return await self._child.wait()

    async def stop(self) -> int:
        """SIGTERM; its exit code."""
        return await self._signal(signal.SIGTERM)

    async def kill(self) -> None:
        """SIGKILL, where it still runs."""
        await self._signal(signal.SIGKILL)

    async def _signal(self, number: int) -> int:
        assert self._child
        self._measure()
        if self.running:
            self._child.send_signal(number)
        return await self.end()

    async def _read(self, out: asyncio.StreamReader, err: asyncio.StreamReader) -> None:
        await asyncio.gather(self._take(out), self._take(err))
        self._news.set()

    async def _take(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            self.text += line.decode()
            try:
                record = json.loads(line)
            except ValueError:
                record = None
            if isinstance(record, dict):
                self.log.append(record)
            self._measure()
            self._news.set()

    def _measure(self) -> None:
        """Note the most memory it has held, in KiB."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text("ascii")
        except OSError:
            return
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                self.peak_kb = max(self.peak_kb, int(line.split()[1]))
