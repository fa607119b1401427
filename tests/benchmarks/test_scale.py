"""The forecast of docs/scale.md: that its arithmetic keeps what it must."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.measure import Size
from benchmarks.scale.asked import Asked
from benchmarks.scale.costs import Costs, costs
from benchmarks.scale.forecast import SETUPS, Organisation, Setup, forecast, most_runs, share
from benchmarks.scale.spent import Spent
from benchmarks.scale.stored import Stored
from benchmarks.scale.waiting import Waiting

pytestmark = pytest.mark.slow

COSTS = Costs(Asked(2, 3, 5, 4, 33), Spent(0.003, 2e-5, 0.005, 800, 15), Stored(8, 1_400, 4_000, 100_000))
SMALL = Organisation(repositories=10, runs=100, results=4_000)
TOKEN = Setup("a token", 5_000)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=50))
def test_what_waits_is_what_came_and_was_not_served(steps: list[tuple[int, int]]) -> None:
    waiting, came, served = Waiting(), 0, 0.0
    for now, (more, most) in enumerate(steps):
        waiting.add(now, more)
        came += more
        done = waiting.serve(now, most)
        assert done == pytest.approx(min(most, came - served))
        served += done
        assert waiting.amount == pytest.approx(came - served)
        assert waiting.longest <= now


def test_the_oldest_is_served_first() -> None:
    waiting = Waiting()
    waiting.add(0, 3)
    assert waiting.serve(1, 2) == 2
    assert waiting.longest == 1
    waiting.add(4, 1)
    assert waiting.serve(5, 9) == 2
    assert (waiting.longest, waiting.amount) == (5, 0)


def test_the_parts_of_a_day_are_one() -> None:
    assert sum(map(share, range(24 * 60))) == pytest.approx(1)
    assert 0.08 < share(12 * 60) * 60 < 0.12


def test_a_small_organisation_is_no_matter() -> None:
    found = forecast(SMALL, TOKEN, COSTS)
    assert found.wait_h == 0
    assert all(load < 0.2 for load in found.loads.values())


def test_what_is_asked_for_runs_adds_up_over_the_day() -> None:
    """With a sync a minute hardly any finds two runs: each costs its own requests and a sync's."""
    often = Setup("often", 5_000, interval=1)
    busiest = max(map(share, range(24 * 60))) * 60
    found = forecast(SMALL, often, COSTS)
    assert found.counted_an_hour == pytest.approx(SMALL.runs * busiest * (3 + 2), rel=0.01)
    assert found.asked_a_minute == pytest.approx(10 * (59 * 4 + 33) / 60 + found.counted_an_hour / 60)


def test_a_limit_that_is_too_low_for_the_day_is_reported() -> None:
    assert forecast(SMALL, Setup("none", 1), COSTS).wait_h is None
    assert forecast(SMALL, Setup("none", 1), COSTS).first == "requests that count"


def test_what_is_carried_waits_for_no_longer_than_an_hour() -> None:
    most = most_runs(SMALL, TOKEN, COSTS)
    carried, more = (
        forecast(Organisation(10, runs, runs * 40), TOKEN, COSTS).wait_h for runs in (most, most * 11 // 10)
    )
    assert carried is not None
    assert carried <= 1
    assert more is None or more > 1


def test_failing_results_alone_are_fewer_series() -> None:
    every, failed = (forecast(Organisation(), setup, COSTS) for setup in (SETUPS[-2], SETUPS[-1]))
    assert failed.series < every.series / 5
    assert failed.points_a_day < every.points_a_day / 5
    assert failed.loads["requests that count"] == every.loads["requests that count"]


@pytest.mark.thorough
async def test_the_costs_are_measured() -> None:
    found = await costs(Size.QUICK)
    assert found.asked == COSTS.asked
    assert Costs.of(json.loads(json.dumps(found.as_data()))) == found
    assert found.spent.run_bytes > 0
    assert found.stored.series_bytes > 0
    assert found.stored.points_per_s > 0
