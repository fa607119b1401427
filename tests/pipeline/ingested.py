"""A pipeline without GitHub, into which tests ingest what a CI could tell."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from etl import settings
from etl.app import open_pipeline
from etl.demo.clock import MovingClock
from etl.extract.told import parse
from etl.load.line_parser import parse as parse_line
from etl.load.retractions import is_retraction, retracted
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.ingest import Ingested, ingest, judge_ingested
from etl.pipeline.run_once import deliver_beside
from tests.pipeline.world import NOON

PROJECT = "group/sub/project"
USUAL = {
    "repository": PROJECT,
    "workflow": "nightly",
    "job": "unit",
    "commit": "c0ffee",
    "run": "512",
    "branch": "main",
}


def report(*passing: str, failing: Mapping[str, str] | None = None, seconds: float = 1.5) -> bytes:
    """A JUnit report: names of tests, and messages of those that fail."""
    cases = [f"<testcase classname='pkg.Suite' name={quoteattr(name)} time='{seconds}'/>" for name in passing]
    cases += [
        f"<testcase classname='pkg.Suite' name={quoteattr(name)} time='{seconds}'>"
        f"<failure message={quoteattr(message)}/></testcase>"
        for name, message in (failing or {}).items()
    ]
    return f"<testsuite name='pkg'>{''.join(cases)}</testsuite>".encode()


@asynccontextmanager
async def opened(folder: Path, clock: MovingClock | None = None, **overrides: Any) -> AsyncIterator[Pipeline]:
    """A pipeline as the command opens it; nothing of the machine's own is read."""
    values = {"data_dir": str(folder)} | overrides
    own = settings.load({}, file=Path(os.devnull), overrides=values)
    async with open_pipeline(own, clock=clock or MovingClock(NOON), without_github=True) as pipeline:
        yield pipeline


async def told(pipeline: Pipeline, *reports: bytes, **fields: str) -> Ingested:
    """Ingest reports with the usual fields and these; empty ones are left out."""
    given = {name: text for name, text in (USUAL | fields).items() if text}
    named = [(f"{number}.xml", content) for number, content in enumerate(reports)]
    return await ingest(pipeline, parse(given, pipeline.clock()), named)


async def delivered(pipeline: Pipeline) -> Delivery:
    """Deliver everything to the store, and judge."""

    async def judge(delivery: Delivery) -> list[None]:
        for name in pipeline.repositories.ingested:
            summary = await judge_ingested(pipeline, delivery, name)
            assert summary.warnings == []
        return []

    _, delivery = await deliver_beside(pipeline, judge)
    assert (delivery.rejected, delivery.trouble) == (0, None)
    return delivery


def outbox(pipeline: Pipeline) -> list[bytes]:
    """The lines that wait, oldest first."""
    return [line for entry in pipeline.state.outbox.oldest(1_000_000) for line in entry.lines]


def stored(lines: list[bytes]) -> dict[Any, dict[str, Any]]:
    """What a store has after these lines: fields of each point."""
    points: dict[Any, dict[str, Any]] = {}
    for line in lines:
        point = parse_line(retracted(line))
        place = (point.measurement, point.time, *sorted(point.tags.items()))
        if is_retraction(line):
            del points[place]
        else:
            points.setdefault(place, {}).update(point.fields)
    return points
