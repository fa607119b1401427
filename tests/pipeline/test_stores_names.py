"""Names that nobody expects: they keep apart and come back, through both stores alike."""

import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from etl.demo.history import Artifact
from etl.demo.suites import Case, Planned, archive, report
from etl.load.duckdb import DuckStore
from etl.load.influxdb import InfluxStore
from etl.model.schema import FAILURE, FLAKE, JOB, STEP, TEST, TEST_REPORT, WORKFLOW_RUN
from etl.queries.catalogue import QUESTIONS
from etl.settings import InfluxSettings
from tests.load.stores import ReadBack
from tests.pipeline.world import DAY, HOUR, Annotation, Step, Workflow, World, attempt, job, run, simulated

# Names that both stores hold as they are.
HELD = (
    "plain",
    "comma, comma",
    "equals=sign",
    "a,b=c d",
    "\"quoted\" 'name'",
    "# leading hash",
    "📦 emoji ✓ ü",
    "${1+1}",
    r"back\slash",
    r"back\, and \= and \\twice",
    "x" * 300,
    "x" * 299 + "y",
)
# Names that InfluxDB cannot hold as tags: each is shown by a substitute of its own.
SUBSTITUTED = (
    "",
    "two\nlines",
    "two\rlines",
    "two lines\n\nand more",
    "tab\tbed",
    "ends in a backslash\\",
    "ends in two backslashes\\\\",
    "ends in a backslash and a newline\\\n.",
    "backslash\\ before a space",
    "␛(empty)",
)
MESSAGES = (*HELD, *(name for name in SUBSTITUTED if "\r" not in name))
NOW = int(time.time()) // DAY * DAY
# The next attempt heals each run, which proves a flake and is no break; nothing came before to compare with, and
# no other CI told.
NOTHING = {"broken", "worse", "better", "ingested"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with simulated(tmp_path) as made:
        made.clock.now = NOW
        yield made


def add(world: World, number: int, name: str, message: str) -> None:
    """A run of a workflow whose job, step and test, all of that name, fail with the message, and then pass."""
    world.repository.workflows.append(Workflow(100 + number, name, f".github/workflows/{number}.yml"))
    started = NOW - 12 * HOUR + number
    broken = job(
        name,
        started,
        conclusion="failure",
        steps=(Step(name, started, started + 30, "failure"),),
        annotations=(Annotation(message, path=name, title=name),),
        artifacts=(_report(number, name, started + 50, f"[{message}]"),),
    )
    again = started + HOUR
    healed = job(name, again, artifacts=(_report(number + 500, name, again + 50),))
    world.add(run(started, attempt(started, broken), attempt(again, healed), workflow=100 + number))


def _report(number: int, name: str, uploaded: int, message: str | None = None) -> Artifact:
    cases = [Case(Planned(name, name), message is not None, 0.5, message or "")]
    return Artifact(number, "junit", uploaded, archive([("junit.xml", report(cases))]))


async def test_names_keep_apart_and_come_back_through_both_stores(
    world: World, influx_settings: InfluxSettings, read_back: ReadBack
) -> None:
    names = HELD + SUBSTITUTED
    for number, name in enumerate(names):
        add(world, number, name, message=name)
    summary = await world.sync_well()
    assert (summary.points, summary.tests, summary.anomalies) == (13 * len(names), 2 * len(names), 0)

    places = (
        *((WORKFLOW_RUN, "workflow", 2), (JOB, "workflow", 2), (JOB, "job", 2), (STEP, "step", 1)),
        *((FAILURE, "job", 2), (TEST, "suite", 2), (TEST, "test", 2)),
    )
    for measurement, tag, times in places:
        shown = Counter(point[tag] for point in world.points(measurement.name))
        assert set(shown.values()) == {times}, (measurement.name, tag)
        assert len(shown) == len(names)
        assert set(HELD) < set(shown)
        assert all(text.isprintable() for text in shown)
    for source, form in (("annotation", "{}"), ("test", "[{}]")):
        told = [point for point in world.points(FAILURE.name) if point["source"] == source]
        messages = Counter(point["message"] for point in told)
        assert messages == Counter(form.format(name.replace("\r", "\n")) for name in names)
    flaky = Counter(point["test"] for point in world.points(FLAKE.name))
    assert flaky == dict.fromkeys(shown, 1) | {None: len(names)}

    influxdb = influx_settings.model_dump() | {"token": influx_settings.token.get_secret_value()}
    await world.sync_well("with influxdb", influxdb=influxdb)
    for measurement in (WORKFLOW_RUN, JOB, STEP, FAILURE, TEST_REPORT, TEST, FLAKE):
        inside = [
            {"time": point.time, **point.tags, **point.fields}
            for point in sorted(read_back(measurement), key=lambda point: point.time)
        ]
        embedded = [
            {name: value for name, value in point.items() if value is not None}
            for point in world.points(measurement.name)
        ]
        assert inside == embedded


async def test_every_question_has_the_same_answer(world: World, influx_settings: InfluxSettings) -> None:
    names = HELD + SUBSTITUTED
    for number, name in enumerate(names):
        add(world, number, name, message=MESSAGES[number % len(MESSAGES)])
    await world.sync_well()
    influxdb = influx_settings.model_dump() | {"token": influx_settings.token.get_secret_value()}
    await world.sync_well("with influxdb", influxdb=influxdb)

    span = {"start": datetime.fromtimestamp(NOW - 2 * DAY, UTC), "stop": datetime.fromtimestamp(NOW, UTC)}
    influx, duck = InfluxStore(influx_settings), DuckStore(world.folder / "data" / "ci-health.duckdb")
    try:
        unanswered = set()
        for name in QUESTIONS.keys() - {"etl_status"}:
            ours, theirs = await duck.query(name, span), await influx.query(name, span)
            assert json.dumps(ours) == json.dumps(theirs), name
            if not ours:
                unanswered.add(name)
        assert unanswered == NOTHING
        assert len(await duck.query("jobs", span)) == len(names)
    finally:
        await influx.close()
