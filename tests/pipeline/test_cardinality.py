"""A job that brings ever new tests is told in `check`, in the log and in the `etl` point, with its mask."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from etl.demo.history import Artifact
from etl.demo.suites import Case, Planned, archive, report
from tests.pipeline.world import HOUR, NOON, World, attempt, job, run, simulated

SETTINGS: dict[str, Any] = {"tests": {"distinct": 60}}
ADVICE = (
    "job 'unit' of workflow 'CI' brought about 100 distinct tests in 30 days, more than 60 (tests.distinct)"
)
MASK = r"""this mask would join most of them: `masks.extra: [{"pattern": "\\d+", "placeholder": "<n>"}]`"""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with simulated(tmp_path) as made:
        for number in range(5):
            begun = NOON - 9 * HOUR + number * HOUR
            names = [f"starts on port {20 * number + place}" for place in range(20)]
            made.add(run(begun, attempt(begun, _reported(number, begun, names))))
        yield made


def _reported(number: int, begun: int, names: list[str]):
    cases = [Case(Planned("ports", name), red=False, seconds=0.1) for name in names]
    content = archive([("junit.xml", report(cases))])
    return job("unit", begun, artifacts=(Artifact(900 + number, "junit", begun + 50, content),))


async def test_it_is_reported_with_the_mask_that_would_help(world: World) -> None:
    with capture_logs() as logs:
        summary = await world.sync_well(**SETTINGS)
    (warning,) = summary.warnings
    assert warning.startswith(ADVICE)
    assert warning.endswith(MASK)
    assert [entry["detail"] for entry in logs if entry.get("kind") == "distinct tests"] == [warning]
    assert [point["warning"] for point in world.points("etl")] == [warning]
    told = await world.findings(**SETTINGS)
    assert [(found.good, found.text) for found in told if "distinct" in found.text] == [(False, warning)]


async def test_without_new_tests_only_check_tells_it(world: World) -> None:
    await world.sync_well(**SETTINGS)
    assert (await world.sync_well(**SETTINGS)).warnings == []


async def test_the_mask_helps(world: World) -> None:
    masks = {"extra": [{"pattern": r"\d+", "placeholder": "<n>"}]}
    summary = await world.sync_well(masks=masks, **SETTINGS)
    assert summary.warnings == []
    assert {point["test"] for point in world.points("test")} == {"starts on port <n>"}
    assert len(world.points("test")) == 100
