"""Flaky tests of a history whose truth is known, held against an oracle of brute force."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from etl.load.duckdb import DuckStore
from tests.flakes import oracle
from tests.flakes.generator import DAY, HOUR, OUTAGE, Generator, Truth
from tests.pipeline.world import NOON, World, simulated

pytestmark = pytest.mark.timeout(600)

BEGIN = NOON // DAY * DAY - 100 * DAY
FIELDS = ("repository", "workflow", "job", "job_group", "branch", "level", "evidence", "suite", "test",
          "time", "head_sha", "failed_run_id", "failed_job_id", "passed_run_id", "passed_job_id",
          "confirmed_at", "wasted_s")  # fmt: skip

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def truth() -> Truth:
    """Ninety days, 2,000 tests."""
    return Generator(seed=11, begin=BEGIN).build()


@pytest.fixture(scope="module")
def world(truth: Truth, tmp_path_factory: pytest.TempPathFactory) -> World:
    """All of it, read by one sync."""

    async def read() -> World:
        async with simulated(tmp_path_factory.mktemp("truth"), truth.history, rate_limit=10**9) as made:
            made.clock.now = truth.end
            summary = await made.sync_well(since="120d")
            assert summary.anomalies == 0
            return made

    return asyncio.run(read())


def points(world: World, data: str = "data") -> Counter[tuple[Any, ...]]:
    """The `flake` points as the oracle has them: to the second, and without their message."""
    rows = [row | {"time": row["time"] // 10**9} for row in world.points("flake", data)]
    return Counter(tuple(row[name] for name in FIELDS) for row in rows)


async def ask(world: World, truth: Truth, question: str) -> Rows:
    store = DuckStore(world.folder / "data" / "ci-health.duckdb")
    start, stop = (datetime.fromtimestamp(second, UTC) for second in (BEGIN - DAY, truth.end))
    return await store.query(question, {"start": start, "stop": stop})


def test_the_history_is_what_it_should_be(truth: Truth) -> None:
    names = {result.test for execution in truth.executed for result in execution.results}
    told = {test for execution in truth.executed for test in execution.annotated}
    assert len(names | told) >= 1_980
    assert len(truth.rates) == 40
    assert (min(truth.rates.values()), max(truth.rates.values())) == pytest.approx((0.005, 0.3))
    assert len(truth.broken) == 10
    assert truth.end - BEGIN >= 90 * DAY


def test_every_flake_is_found_and_none_else(world: World, truth: Truth) -> None:
    expected = oracle.flakes(truth.executed)
    assert points(world) == Counter(tuple(row[name] for name in FIELDS) for row in expected)
    kinds = Counter((row["level"], row["evidence"]) for row in expected)
    assert min(kinds.values()) >= 5
    assert len(kinds) == 5


async def test_rates_and_denominators_are_those_of_the_generator(world: World, truth: Truth) -> None:
    rows = await ask(world, truth, "flaky")
    found = {tuple(row[name] for name in ("level", "workflow", "job", "suite", "test")): row for row in rows}
    expected = oracle.answer(truth.executed)
    assert found.keys() == expected.keys()
    for thing, figures in expected.items():
        row = found[thing]
        seen = {name: second(row[name]) for name in ("first_seen", "last_seen")}
        message = {"message": None} if thing[0] == "job" else {}
        assert {name: row[name] for name in figures} | seen | message == figures, thing


def second(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


async def test_flaky_ones_are_called_so_and_others_are_not(world: World, truth: Truth) -> None:
    called = {row["test"] for row in await ask(world, truth, "flaky") if row["level"] == "test"}
    rare = {name for name, rate in truth.rates.items() if rate < 0.02}
    assert called <= truth.rates.keys()
    assert truth.rates.keys() - called <= rare
    assert "test_base_only" not in called
    assert called.isdisjoint(truth.broken)
    # What failed and passed by the thousand on one commit: the outage, of the jobs alone.
    outage = [execution for execution in truth.executed if sum(r.failed for r in execution.results) > 300]
    assert {execution.name for execution in outage} == {"unit (linux)", "unit (mac)"}
    jobs = {row["failed_job_id"] for row in world.points("flake") if row["level"] == "job"}
    assert {execution.job for execution in outage} & jobs


def test_totals_are_those_of_the_generator(world: World, truth: Truth) -> None:
    with_results = [execution for execution in truth.executed if execution.results]
    expected = {
        execution.job: (
            len(execution.results),
            sum(result.failed for result in execution.results),
            sum(result.skipped for result in execution.results),
            sum(result.retried for result in execution.results),
        )
        for execution in with_results
    }
    reports = {
        point["job_id"]: (point["total"], point["failed"], point["skipped"], point["flaky"])
        for point in world.points("test_report")
    }
    assert reports == expected
    results = sum(len(execution.results) + len(execution.annotated) for execution in truth.executed)
    assert len(world.points("test")) == results


@pytest.fixture(scope="module")
def short() -> Truth:
    """A month with fewer tests, in which all the same happens."""
    return Generator(seed=5, begin=BEGIN, commits=OUTAGE + 8, scale=0.2).build()


def orders(truth: Truth) -> Iterator[list[tuple[int, int]]]:
    """Days in which runs were created, each time in another order."""
    days = [(day, day + DAY) for day in range(BEGIN, int(truth.end), DAY)]
    for seed in (1, 2):
        random.Random(seed).shuffle(days)  # noqa: S311
        yield list(days)


async def test_whatever_the_order_the_flakes_are_the_same(short: Truth, tmp_path: Path) -> None:
    expected = Counter(tuple(row[name] for name in FIELDS) for row in oracle.flakes(short.executed))
    assert expected
    async with simulated(tmp_path, short.history, rate_limit=10**9) as world:
        world.clock.now = short.end
        for number, days in enumerate(orders(short)):
            for start, stop in days:
                await world.backfill(start, stop, f"order {number}")
            assert points(world, f"order {number}") == expected


async def test_however_many_syncs_the_flakes_are_the_same(short: Truth, tmp_path: Path) -> None:
    expected = Counter(tuple(row[name] for name in FIELDS) for row in oracle.flakes(short.executed))
    async with simulated(tmp_path, short.history, rate_limit=10**9) as world:
        source = random.Random(7)  # noqa: S311
        now = BEGIN
        while now < short.end:
            now = min(now + source.randint(HOUR, 4 * DAY), short.end)
            world.clock.now = now
            await world.sync_well(since="120d")
        assert points(world) == expected
