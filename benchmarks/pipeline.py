"""Reports in zips → points in InfluxDB by the whole pipeline, against a bare client that sends the same lines.

The bare client has them prepared and packed, and the best number of connections.
"""

import asyncio
import gzip
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from benchmarks import github
from benchmarks.measure import Outcome, Size
from benchmarks.process import ci_health, influxd, settings_of
from benchmarks.project import Lines, project, settings_for, synced
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
        bare = {number: await bare_s(bodies, number) for number in _CONNECTIONS}
        ours = await asyncio.to_thread(whole_s, url)
    best = min(bare, key=lambda number: bare[number])
    what = f"{runs * _RESULTS} test results from zips into InfluxDB"
    notes = tuple(f"bare client, {number} connections: {seconds:.1f} s" for number, seconds in bare.items())
    reference = f"bare client, prepared lines, {best} connections"
    return [
        Outcome("pipeline", what, reference, (ours,), (bare[best],), "s", 0.8, at_least=True, notes=notes)
    ]


async def prepared(url: str, kind: dict[str, Any]) -> list[bytes]:
    """The lines of the project, in packed bodies."""
    bodies: list[bytes] = []

    def pack(lines: Sequence[bytes]) -> None:
        starts = range(0, len(lines), _LINES)
        bodies.extend(gzip.compress(b"\n".join(lines[at : at + _LINES]), 1) for at in starts)

    with TemporaryDirectory() as folder:
        await synced(settings_for(project(**kind), url, Path(folder)), Lines(pack))
    return bodies


async def bare_s(bodies: Sequence[bytes], connections: int) -> float:
    """Seconds to send them all."""
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
