from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from etl.model.cardinality import DAY_S
from etl.model.results import CaseName
from etl.state.cardinality import DistinctTestCounts
from etl.state.database import open_database
from etl.transform.names import Masks
from etl.transform.results.cardinality import seen_tests
from etl.transform.results.identity import known_tests

KNOWN = known_tests(Masks())
NOW = 1_770_000_000
TODAY = NOW // DAY_S


@pytest.fixture
def engine(state_url: str) -> Iterator[Engine]:
    engine = open_database(state_url)
    yield engine
    engine.dispose()


def add(engine: Engine, *numbers: int, day: int = TODAY, job: str = "unit", repository: int = 1) -> None:
    tests = [KNOWN[CaseName("suite", f"test {number}")] for number in numbers]
    with engine.begin() as connection:
        kept = DistinctTestCounts(engine, lambda: NOW)
        kept.add(connection, repository, seen_tests("CI", job, day * DAY_S, tests))


def above(engine: Engine, limit: int, *, now: float = NOW) -> dict[str, int]:
    return {job.job: job.count for job in DistinctTestCounts(engine, lambda: now).above(1, limit)}


def test_days_are_added_up_by_job(engine: Engine) -> None:
    add(engine, 1, 2, 3)
    add(engine, 3, 4)
    add(engine, 4, 5, day=TODAY - 29)
    add(engine, 6, 7, 8, 9, job="lint")
    add(engine, *range(100), repository=2)
    assert above(engine, 4) == {"unit": 5}
    assert above(engine, 3) == {"unit": 5, "lint": 4}
    assert above(engine, 5) == {}


def test_only_30_days_count(engine: Engine) -> None:
    add(engine, 1, 2, day=TODAY - 30)
    add(engine, 3, 4, day=TODAY - 29)
    assert above(engine, 0) == {"unit": 2}
    assert above(engine, 0, now=NOW + DAY_S) == {}
    with engine.begin() as connection:
        DistinctTestCounts(engine, lambda: NOW + DAY_S).prune(connection, 1)
    assert above(engine, 0) == {}


def test_names_of_all_days_are_samples(engine: Engine) -> None:
    for day in range(30):
        add(engine, *range(1_000 * day, 1_000 * day + 50), day=TODAY - day)
    (job,) = DistinctTestCounts(engine, lambda: NOW).above(1, 1_000)
    numbers = {int(name.removeprefix("test ")) // 1_000 for name in job.names}
    assert numbers == set(range(30))
    assert job.count == pytest.approx(1_500, rel=0.15)


def test_a_busy_day_keeps_few_names(engine: Engine) -> None:
    for start in range(0, 100_000, 1_000):
        add(engine, *range(start, start + 1_000))
    (job,) = DistinctTestCounts(engine, lambda: NOW).above(1, 1_000)
    assert len(job.names) < 200
    assert job.count == pytest.approx(100_000, rel=0.15)
