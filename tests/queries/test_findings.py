"""Findings and what they rest on: both stores give the same bytes."""

from datetime import timedelta

import pytest

from etl.judge.finding import Commits, Effect, Finding, Kind
from etl.judge.history import Level, Subject
from etl.judge.points import finding_point
from etl.load.duckdb import DuckStore
from etl.load.influxdb import InfluxStore
from etl.load.line_encoder import encode
from etl.model.points import Point
from tests.queries.samples import SPAN, START, STOP, points
from tests.queries.test_answers import same


@pytest.mark.parametrize(
    "name", ["findings", "worse", "better", "newly_flaky", "histories", "test_results", "failing_reports"]
)
async def test_both_stores_answer_alike(influx: InfluxStore, duck: DuckStore, name: str) -> None:
    assert not await same(influx, duck, name, SPAN)
    lines = [encode(point) for point in points(11, 5_000)]
    for store in (influx, duck):
        await store.write(lines)
    for asked in (
        SPAN,
        {"start": START, "stop": STOP - timedelta(days=2)},
        SPAN | {"repository": "acme/rocket"},
    ):
        assert await same(influx, duck, name, asked)


def finding(
    kind: Kind, days: float, *, ended: float | None = None, job: str = "unit", size: float = 0.3
) -> Point:
    """A finding that began and ended so many days before the end of the period."""
    began, end = (int((STOP - timedelta(days=back)).timestamp()) for back in (days, ended or 0))
    found = Finding(
        kind,
        Subject("acme/rocket", Level.JOB, "CI", job),
        began,
        0.99,
        Effect(size, 0.2, 0.4),
        Commits("a1", "b2"),
        9,
        10.0,
        13.0,
        until=None if ended is None else end,
    )
    return finding_point(found, days)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("worse", [("waits longer", 4.0), ("less reliable", 3.0), ("slower", 2.0)]),
        ("better", [("faster", 2.5)]),
        ("newly_flaky", [("flaky", 1.0)]),
        (
            "findings",
            [
                ("slower", 60.0),
                ("broken", 30.0),
                ("slower", 5.0),
                ("waits longer", 4.0),
                ("less reliable", 3.0),
                ("faster", 2.5),
                ("slower", 2.0),
                ("flaky", 1.0),
            ],
        ),
    ],
)
async def test_what_began_in_the_period_and_lasts_is_new(
    influx: InfluxStore, duck: DuckStore, name: str, expected: list[tuple[str, float]]
) -> None:
    lines = [
        encode(point)
        for point in (
            finding(Kind.SLOWER, 60), finding(Kind.SLOWER, 5, ended=1), finding(Kind.SLOWER, 2, job="new"),
            finding(Kind.LESS_RELIABLE, 3), finding(Kind.WAITS_LONGER, 4), finding(Kind.FASTER, 2.5),
            finding(Kind.FLAKY, 1), finding(Kind.FLAKY, 20, ended=10), finding(Kind.BROKEN, 30, ended=2),
        )
    ]  # fmt: skip
    for store in (influx, duck):
        await store.write(lines)
    rows = await same(influx, duck, name, SPAN)
    assert [(row["kind"], row["cost_minutes"]) for row in rows] == expected
    assert await same(influx, duck, name, SPAN | {"job": "new"}) == [
        row for row in rows if row["job"] == "new"
    ]
