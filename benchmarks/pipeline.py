"""Reports in zips → points in InfluxDB by the whole pipeline, against a bare client that sends the same lines.

The bare client has them prepared and packed, and the best number of connections.
"""

import asyncio
import gzip
import os
import time
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from zipfile import ZipFile

import aiohttp

from benchmarks import github
from benchmarks.junit import a_report, least_lines
from benchmarks.measure import Outcome, Size, processor_s
from benchmarks.process import ci_health, influxd, settings_of
from benchmarks.project import Lines, project, settings_for, synced
from etl.demo.suites import archive
from tests.influxd import Influxd

_RESULTS = 500
_DAYS = 30
_LINES = 5_000
_CONNECTIONS = (1, 2, 4)


async def run(size: Size) -> list[Outcome]:
    """Seconds for a million test results."""
    runs = size.of(2_000, 6)
    kind = {"runs": runs, "days": _DAYS, "jobs": 1, "results": _RESULTS}
    with github.serving(**kind) as url:
        bodies = await prepared(url, kind)
        nothing = await bare_client([], 1)
        bare = {number: await bare_client(bodies, number) for number in _CONNECTIONS}
        ours = await asyncio.to_thread(whole_s, url)
    best = min(bare, key=lambda number: bare[number].wall_s)
    theirs, sending_s = bare[best].wall_s, bare[best].processor_s - nothing.processor_s
    what = f"{runs * _RESULTS} test results from zips into InfluxDB"
    notes = (
        *(f"bare client, {number} connections: {sent.wall_s:.1f} s" for number, sent in bare.items()),
        at_most(theirs, sending_s, least_s(runs)),
    )
    reference = f"bare client, prepared lines, {best} connections"
    return [Outcome("pipeline", what, reference, (ours,), (theirs,), "s", 0.8, at_least=True, notes=notes)]


async def prepared(url: str, kind: dict[str, Any]) -> list[bytes]:
    """The lines of the project, in packed bodies."""
    bodies: list[bytes] = []

    def pack(lines: Sequence[bytes]) -> None:
        starts = range(0, len(lines), _LINES)
        bodies.extend(gzip.compress(b"\n".join(lines[at : at + _LINES]), 1) for at in starts)

    with TemporaryDirectory() as folder:
        await synced(settings_for(project(**kind), url, Path(folder)), Lines(pack))
    return bodies


class Sent(NamedTuple):
    """Seconds to send them all, and of processor, with InfluxDB's and its start."""

    wall_s: float
    processor_s: float


async def bare_client(bodies: Sequence[bytes], connections: int) -> Sent:
    """What it takes to send them all to an InfluxDB of their own."""
    before = _processor_s()
    wall_s = await _sent_s(bodies, connections)
    return Sent(wall_s, _processor_s() - before)


def _processor_s() -> float:
    """Of this process and its children that have ended."""
    return sum(os.times()[:4])


async def _sent_s(bodies: Sequence[bytes], connections: int) -> float:
    with influxd() as database:
        bucket = _bucket(database)
        headers = {"Authorization": f"Token {database.token}", "Content-Encoding": "gzip"}
        waiting = iter(bodies)
        async with aiohttp.ClientSession(headers=headers) as session:

            async def send() -> None:
                for body in waiting:
                    address = f"{database.url}/api/v2/write?org={database.org}&bucket={bucket}"
                    async with session.post(address, data=body) as answer:
                        answer.raise_for_status()

            began = time.perf_counter()
            await asyncio.gather(*(send() for _ in range(connections)))
            return time.perf_counter() - began


def least_s(runs: int) -> float:
    """Seconds of processor for the least that Python can do with as many reports: unpacked, a line a case, packed."""
    packed = archive([("junit.xml", a_report(_RESULTS))])

    def work() -> None:
        for _ in range(runs):
            with ZipFile(BytesIO(packed)) as opened:
                gzip.compress(b"\n".join(least_lines(opened.read("junit.xml"))), 1)

    return processor_s(work)


def at_most(wall_s: float, sending_s: float, making_s: float) -> str:
    """What could be reached if sending and the least of making shared all processors without a pause."""
    processors = os.cpu_count() or 1
    reached = wall_s / max(wall_s, (sending_s + making_s) / processors)
    return (
        f"of processor: {sending_s:.1f} s for sending, InfluxDB's included, {making_s:.1f} s for the least that "
        f"Python can do, so at most {reached:.2f} on {processors} processors"
    )


def whole_s(url: str) -> float:
    """Seconds of `ci-health sync`, from the start of its process to its end."""
    with influxd() as database, TemporaryDirectory() as folder:
        settings = settings_of(url, database, folder, bucket="pipeline", since=f"{_DAYS + 1}d")
        return ci_health("sync", **settings).wall_s


def _bucket(database: Influxd) -> str:
    (organisation,) = database.call("GET", "/api/v2/orgs")["orgs"]
    database.call(
        "POST", "/api/v2/buckets", {"orgID": organisation["id"], "name": "bare", "retentionRules": []}
    )
    return "bare"
