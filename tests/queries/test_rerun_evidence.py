"""The same flaky tests by Flux over raw results and from `flake` points."""

import random
from collections.abc import Iterator
from pathlib import Path

from etl.load.influxdb import InfluxStore
from etl.load.line_encoder import encode
from etl.model.evidence import EvidenceLimits, Execution, Failure, key_of
from etl.model.points import Point
from etl.transform.flakes.evidence import evidence
from etl.transform.times import point_time
from tests.queries.samples import NASTY, SPAN, START

RAW = Path(__file__).with_name("rerun_evidence.flux")
SUITE = "suite ${1+1}"
# Rates of failure: the first never passes, the last never fails.
RATES = dict(zip(NASTY, (1.0, 0.5, 0.4, 0.3, 0.3, 0.2, 0.2, 0.1, 0.1, 0.1, 0.0), strict=True))


def history(seed: int) -> list[Point]:
    """Twenty runs, each of a commit of its own, red ones tried up to three times; with their evidence."""
    source = random.Random(seed)  # noqa: S311
    points: list[Point] = []
    for run in range(1, 21):
        known: list[Execution] = []
        for attempt in (1, 2, 3):
            outcomes = [(test, source.random() < rate) for test, rate in RATES.items() for _ in range(2)]
            execution = executed(run, attempt, outcomes)
            points += [report(execution), *results(execution, outcomes)]
            points += evidence(execution, known, EvidenceLimits())
            known.append(execution)
    return points


def executed(run: int, attempt: int, outcomes: list[tuple[str, bool]]) -> Execution:
    """An attempt of a run: a job in which two results of each test, as of two browsers, are as told."""
    red = [test for test, failed in outcomes if failed]
    job = {"repository": "acme/rocket", "workflow": "CI", "job": "unit", "job_group": "unit"}
    return Execution(
        job_id=10 * run + attempt, run_id=run, attempt=attempt, workflow_id=1, job="unit", shards="unit",
        event="push", head_sha=f"{run:040x}", ended_at=int(START.timestamp()) + 3600 * run + 600 * attempt,
        green=not red, outage=False, duration_s=60.0, message="", tags=job | {"branch": "main"},
        failures=tuple(Failure(SUITE, test, red[:n].count(test), "boom") for n, test in enumerate(red)),
        passed=frozenset(key_of(SUITE, test, 0) for test in RATES if test not in red),
    )  # fmt: skip


def report(execution: Execution) -> Point:
    fields = {name: getattr(execution, name) for name in ("job_id", "run_id", "attempt", "head_sha")}
    return Point("test_report", execution.tags, fields, point_time(execution.ended_at, execution.job_id))


def results(execution: Execution, outcomes: list[tuple[str, bool]]) -> Iterator[Point]:
    for n, (test, failed) in enumerate(outcomes):
        tags = {"suite": SUITE, "test": test, "outcome": "failed" if failed else "passed"}
        time = point_time(execution.ended_at, execution.job_id, n)
        yield Point("test", execution.tags | tags, {"job_id": execution.job_id}, time)


async def test_raw_results_and_flake_points_tell_the_same_flaky_tests(influx: InfluxStore) -> None:
    await influx.write([encode(point) for point in history(1)])
    given = {"bucket": influx._settings.bucket, **SPAN}
    tables = await influx._client.query_api().query(RAW.read_text("utf-8"), params=given)
    raw = {row["test"]: row["flakes"] for table in tables for row in table.records}
    rows = [row for row in await influx.query("flaky", SPAN) if row["level"] == "test"]
    assert raw == {row["test"]: row["flakes"] for row in rows}
    assert {NASTY[0], NASTY[-1]}.isdisjoint(raw)
    assert len(raw) == len(RATES) - 2
    assert all(row["runs"] == 120 for row in rows)
