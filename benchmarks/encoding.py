"""Points → line protocol, against `influxdb_client.Point` on the same points, which gives the same bytes."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from sys import intern

from benchmarks.measure import Outcome, Size, alternating, processor_s
from benchmarks.project import NO_LIMIT, Lines, settings_for, synced
from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from etl.load.influx_client import library
from etl.load.line_encoder import encode
from etl.load.line_parser import parse
from etl.model.points import Point


async def run(size: Size) -> list[Outcome]:
    """Seconds of processor for all points of the demo's project."""
    points = await demo_points(days=size.of(28, 2))
    if [encode(point) for point in points] != [by_client(point) for point in points]:
        raise AssertionError("the client writes other bytes")
    ours, theirs = alternating(
        lambda: processor_s(lambda: _all(encode, points)),
        lambda: processor_s(lambda: _all(by_client, points)),
        size.of(9, 1),
    )
    return [
        Outcome(
            name="encoding",
            what=f"{len(points)} points → line protocol",
            reference="influxdb_client.Point",
            ours=ours,
            theirs=theirs,
            unit="s",
            bar=10.0,
            at_least=True,
        )
    ]


async def demo_points(days: int) -> list[Point]:
    """The points of the demo's project, by the whole pipeline."""
    history, store = synthetic(days=days), Lines()
    with tempfile.TemporaryDirectory() as folder:
        async with SimulatedGitHub(history, rate_limit=NO_LIMIT) as url:
            await synced(settings_for(history, url, Path(folder)), store)
    # Newlines in strings are what the client writes wrong.
    return [_as_made(parse(line)) for line in store.lines if b"\n" not in line]


def _as_made(point: Point) -> Point:
    """With names that are the code's own strings, as `etl/transform` makes them; the parser has copies."""
    tags = {intern(name): tag for name, tag in point.tags.items()}
    fields = {intern(name): field for name, field in point.fields.items()}
    return Point(intern(point.measurement), tags, fields, point.time)


def by_client(point: Point) -> bytes:
    """As `influxdb_client` writes it."""
    made = library.Point(point.measurement).time(point.time)
    for name, tag in point.tags.items():
        made.tag(name, tag)
    for name, value in point.fields.items():
        made.field(name, value)
    line: str = made.to_line_protocol()
    return line.encode()


def _all(encoded: Callable[[Point], bytes], points: Sequence[Point]) -> None:
    for point in points:
        encoded(point)
