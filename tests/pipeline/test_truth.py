"""A history whose truth is known: all tests with evidence are found, and nothing else is called flaky."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from etl.demo.history import Inheritance
from etl.load.duckdb import DuckStore
from etl.model.tag_values import EMPTY
from tests.pipeline import oracle
from tests.pipeline.oracle import Executed, Row
from tests.pipeline.truth import Truth, truth
from tests.pipeline.world import DAY, World, simulated

_S = 1_000_000_000
_SINCE = "91d"
_OF_A_RESULT = ("failed_job_id", "level", "suite", "test")


def multiset(rows: Iterable[Row]) -> Counter[tuple[tuple[str, object], ...]]:
    return Counter(tuple(sorted(row.items())) for row in rows)


def evidence(world: World, data: str = "data") -> list[Row]:
    """`flake` points with their second in place of their time."""
    rows = world.points("flake", data)
    return [{"second": row.pop("time") // _S, **row} for row in rows]


def failing_results(identified: Iterable[tuple[object, Row]]) -> Counter[tuple[object, ...]]:
    """How many failing results of a job and name have evidence."""
    distinct = {(identity, *(row[name] for name in _OF_A_RESULT)) for identity, row in identified}
    return Counter(tuple(one[1:]) for one in distinct)


def assert_points(world: World, everything: list[Executed]) -> None:
    """All tags and fields of every `flake` point; those of one failing result share their time."""
    expected = list(oracle.evidence(everything))
    assert multiset(evidence(world)) == multiset(row for _, row in expected)
    found = [(row["time"], row) for row in world.points("flake")]
    assert failing_results(found) == failing_results(expected)


async def assert_answer(world: World, made: Truth, everything: list[Executed]) -> None:
    """The question `flaky` lists what has evidence, with the oracle's figures."""
    store = DuckStore(world.folder / "data" / "ci-health.duckdb")
    start, stop = (datetime.fromtimestamp(second, UTC) for second in (made.end - 91 * DAY, made.end))
    rows = await store.query("flaky", {"start": start, "stop": stop})
    proven = {_key(row): row for row in rows if row["evidence"] == "proven"}
    expected = {_key(row): row for row in oracle.flaky(everything)}
    judged = judged_flaky(world)
    assert proven.keys() == expected.keys()
    for key, wanted in expected.items():
        figures = dict(wanted)
        if key in judged:
            # The rate of all its results, not of those with evidence.
            figures |= {"flake_rate": round(judged[key]["size"], 6), "score": proven[key]["score"]}
        assert {name: proven[key][name] for name in wanted} == figures
    scores = [row["score"] or 0.0 for row in rows]
    assert scores == sorted(scores, reverse=True)
    # Neither outages nor browsers nor bases that moved on prove anything. What fails every other day in a browser is
    # suspected: no history of results tells that from a flake.
    proofs = {key for key, finding in judged.items() if finding["proven"]}
    assert {(suite or "", test) for level, _, _, suite, test in proofs if level == "test"} <= made.flaky
    named = {(row["suite"] or "", row["test"]) for row in rows if row["level"] == "test"}
    assert named <= made.flaky | made.of_a_browser
    assert not named & (made.broken | made.of_a_base | made.healthy)
    assert len(named & made.flaky) >= 36, (
        "of forty flaky ones; the others never failed where they also passed"
    )
    assert {job for level, _, job, _, _ in proven if level == "job"} >= {"cluster", "e2e", "bulk", "lint"}


def judged_flaky(world: World) -> dict[tuple[object, ...], Row]:
    """The newest finding of what flakes, by level, workflow, job, suite and test."""
    names = ("workflow", "job", "suite", "name")
    found = sorted(world.points("finding"), key=lambda point: int(point["time"]))
    return {
        (one["level"], *(None if one[name] in (None, EMPTY) else one[name] for name in names)): one
        for one in found
        if one["kind"] == "flaky"
    }


def _key(row: Row) -> tuple[object, ...]:
    return tuple(row[name] for name in oracle.KEY)


def assert_totals(world: World, everything: list[Executed]) -> None:
    """Reports and results are those that were uploaded."""
    names = (
        "job_id",
        "run_id",
        "attempt",
        "head_sha",
        "total",
        "passed",
        "failed",
        "errored",
        "skipped",
        "flaky",
    )
    reports = [{name: row[name] for name in names} for row in world.points("test_report")]
    assert multiset(reports) == multiset(oracle.summary(one) for one in everything if one.cases is not None)
    results = ((row["job_id"], row["suite"], row["test"], row["outcome"]) for row in world.points("test"))
    assert Counter(results) == Counter(
        (one.job.id, case.plan.suite or EMPTY, case.plan.name, oracle.outcome(case))
        for one in everything
        for case in [*(one.cases or ()), *one.annotated]
    )


def assert_rich(made: Truth, everything: list[Executed]) -> None:
    """What the history has, so that none of the above is true for want of it."""
    kinds = Counter((row["level"], row["evidence"]) for _, row in oracle.evidence(everything))
    assert min(kinds[pair] for pair in ALL_KINDS) >= 10, kinds
    assert {job.inherited for run in made.runs for attempt in run.attempts for job in attempt.jobs} >= {
        *Inheritance
    }
    assert sum(one.outage for one in everything) >= 10
    assert {one.job.conclusion for one in everything} == {
        "success",
        "failure",
        "timed_out",
        "cancelled",
        "skipped",
    }
    red = {case.plan.name for one in everything for case in one.cases or () if case.red}
    assert red >= {name for _, name in made.of_a_browser | made.of_a_base}


ALL_KINDS = [
    ("job", "rerun"),
    ("job", "same_sha"),
    ("test", "rerun"),
    ("test", "same_sha"),
    ("test", "in_report"),
]


async def test_what_is_flaky_and_nothing_else(tmp_path: Path) -> None:
    made = truth(2)
    everything = oracle.executions(made)
    assert_rich(made, everything)
    async with simulated(tmp_path, made.history, rate_limit=10**9) as world:
        await world.sync_well(since=_SINCE)
    assert_points(world, everything)
    assert_totals(world, everything)
    await assert_answer(world, made, everything)


def moments(random: Random, made: Truth, every: int) -> list[int]:
    """When syncs are: every so many days, and while some run is open, or before it is tried again."""
    attempts = [(run, attempt) for run in made.runs for attempt in run.attempts]
    halfway = [
        random.randint(min(run.created_at, attempt.started_at), attempt.ended_at or run.created_at)
        for run, attempt in random.sample(attempts, 8)
    ]
    every_so_often = [made.end - day * DAY - random.randrange(DAY) for day in range(4, 90, every)]
    return sorted([*halfway, *every_so_often, made.end])


@pytest.mark.parametrize(
    ("seed", "every"), [(2, 20), *(pytest.param(seed, 4, marks=pytest.mark.thorough) for seed in (2, 3))]
)
async def test_several_syncs_and_any_order_of_arrival_tell_the_same(
    tmp_path: Path, seed: int, every: int
) -> None:
    made, random = truth(seed, tests=250, pushes=0.25), Random(seed)  # noqa: S311
    async with simulated(tmp_path, made.history, rate_limit=10**9) as world:
        for moment in moments(random, made, every):
            world.clock.now = moment
            await world.sync_well("stepped", since=_SINCE)
        await world.sync_well(since=_SINCE)
        weeks = [made.end - 91 * DAY + 7 * DAY * week for week in range(13)]
        for week in random.sample(weeks, len(weeks)):
            await world.backfill_well(week, week + 7 * DAY, "shuffled")
    assert_points(world, oracle.executions(made))
    assert world.all_points("stepped") == world.all_points()
    assert world.all_points("shuffled") == world.all_points()
