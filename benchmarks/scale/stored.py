"""What InfluxDB takes for a point and for a series of `test`."""

import gzip
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.measure import Size
from etl.load.line_encoder import encode
from etl.model.points import NANOSECONDS, Point
from etl.model.schema import TEST
from tests.influxd import Influxd, free_port, serving, set_up

_BODY = 5_000
_KIB = 1_024
_JOBS = 20
# By itself InfluxDB writes its cache to files after ten minutes without a write.
_WRITE_SOON = "INFLUXD_STORAGE_CACHE_SNAPSHOT_WRITE_COLD_DURATION=1s"
_MAX_S = 60


class Stored(NamedTuple):
    """Bytes on disk of a point; bytes on disk and of memory that a series adds; points taken in a second.

    On disk a series counts once in every week's shard, in memory while its points come.
    """

    point_bytes: float
    series_bytes: float
    series_memory: float
    points_per_s: float


class _Filled(NamedTuple):
    disk: int
    memory: int
    seconds: float


def stored(size: Size) -> Stored:
    """As many points in few series and in many, each in an InfluxDB of its own."""
    points, few, many = size.of((400_000, 2_000, 200_000), (2_000, 100, 1_000))
    of_few, of_half = _filled(few, points), _filled(few, points // 2)
    of_many = _filled(many, points)
    return Stored(
        (of_few.disk - of_half.disk) / (points - points // 2),
        (of_many.disk - of_few.disk) / (many - few),
        (of_many.memory - of_few.memory) / (many - few),
        points / of_few.seconds,
    )


def _filled(series: int, points: int) -> _Filled:
    """Of an InfluxDB with so many points, spread over so many series."""
    bodies = list(_bodies(series, points))
    with TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        with serving(folder, port, ["env", _WRITE_SOON]) as process:
            database = Influxd(port, set_up(port))
            _make_bucket(database)
            began = time.perf_counter()
            for body in bodies:
                database.write("scale", [gzip.decompress(body)])
            seconds = time.perf_counter() - began
            memory = _resident(process.pid)
            disk = _disk(folder / "engine")
    return _Filled(disk, memory, seconds)


def _bodies(series: int, points: int) -> Iterator[bytes]:
    """Packed lines of results: tests in turn, an hour after the other."""
    start = int(time.time()) // 86_400 * 86_400 - 86_400 * 6
    for first in range(0, points, _BODY):
        lines = [_line(number % series, start, number) for number in range(first, min(first + _BODY, points))]
        yield gzip.compress(b"\n".join(lines), 1)


def _line(test: int, start: int, number: int) -> bytes:
    job = f"unit ({test % _JOBS})"
    tags = {
        "repository": "acme/rocket",
        "workflow": "CI",
        "job": job,
        "job_group": "unit",
        "branch": "main",
        "suite": f"com.acme.rocket.module{test % 97}.SomethingTest",
        "test": f"test_that_case_{test}_behaves_as_described",
        "outcome": "passed",
    }
    fields: dict[str, int | float | str] = {
        "job_id": 10**10 + number // 400,
        "duration_s": (number * 7919 % 10_000) / 1_000,
    }
    return encode(
        Point(TEST.name, tags, fields, (start + number // 400 * 60 % (5 * 86_400)) * NANOSECONDS + number)
    )


def _make_bucket(database: Influxd) -> None:
    (organisation,) = database.call("GET", "/api/v2/orgs")["orgs"]
    database.call(
        "POST", "/api/v2/buckets", {"orgID": organisation["id"], "name": "scale", "retentionRules": []}
    )


def _disk(engine: Path) -> int:
    """Bytes of what it keeps, once all of it stands in files that will be read."""
    until = time.monotonic() + _MAX_S
    while any(file.stat().st_size for file in (engine / "wal").rglob("*.wal")):
        if time.monotonic() > until:
            raise AssertionError("InfluxDB does not write what it holds in memory")
        time.sleep(0.2)
    return sum(file.stat().st_size for file in (engine / "data").rglob("*") if file.is_file())


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds (proc(5))."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return next(int(line.split()[1]) * _KIB for line in status.splitlines() if line.startswith("VmRSS:"))
