"""A day of a large organisation, simulated minute by minute from measured unit costs; pure.

Limits of GitHub: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api and
https://docs.github.com/apps/creating-github-apps/registering-a-github-app/rate-limits-for-github-apps.
Whether answers 304 count for the limit per minute is not documented: here they do.
"""

from dataclasses import dataclass, replace
from math import exp, pi, sin
from typing import Final

from benchmarks.scale.costs import Costs
from benchmarks.scale.waiting import Waiting

# Requests a minute beyond which GitHub refuses (its secondary limit), of an account.
A_MINUTE: Final = 900
_HOUR: Final = 60
_DAY: Final = 24 * _HOUR
_DAYS: Final = 3
_STATE_DAYS: Final = 45
_WEEKS: Final = 52
# What InfluxDB is given in the forecast.
MEMORY: Final = 16 << 30
# Steps of a job; points of a run beside jobs, steps and results: the attempt and a report.
_STEPS: Final = 8
_JOBS: Final = 5
_OTHERS: Final = 2


@dataclass(frozen=True, slots=True)
class Organisation:
    """Repositories with so many runs and test results a day, and distinct tests each on so many branches.

    `failing`: share of results, and of tests, that ever fail.
    """

    repositories: int = 5_000
    runs: int = 50_000
    results: int = 20_000_000
    tests: int = 400
    branches: int = 3
    failing: float = 0.02


@dataclass(frozen=True, slots=True)
class Setup:
    """How it is read: `limit` requests an hour, of each of `accounts` that share the repositories.

    `interval` and `whole` are minutes between syncs, and between those that look at 30 days.
    `webhooks`: runs are told of, and what is synced is whole. `failed_only`: `tests.points: failed`.
    """

    name: str
    limit: int
    interval: int = 5
    whole: int = 60
    webhooks: bool = False
    failed_only: bool = False
    accounts: int = 1


_APP: Final = 12_500
_CLOUD: Final = 15_000
SETUPS: Final = (
    Setup("a token, every 5 minutes", 5_000),
    Setup("a GitHub App, every 5 minutes", _APP),
    Setup("a GitHub App, every 4 hours", _APP, interval=240, whole=240),
    Setup("an App of Enterprise Cloud, webhooks", _CLOUD, webhooks=True),
    Setup("… swept every 6 hours", _CLOUD, whole=360, webhooks=True),
    Setup("… two Apps, each with half of the repositories", _CLOUD, whole=360, webhooks=True, accounts=2),
    Setup("… `tests.points: failed`", _CLOUD, whole=360, webhooks=True, accounts=2, failed_only=True),
)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Loads at the busiest hour as shares of what there is, by resource; what is kept, in bytes.

    `wait_h`: the longest that a run waits to be read, None where the day never catches up.
    """

    loads: dict[str, float]
    counted_an_hour: float
    asked_a_minute: float
    wait_h: float | None
    points_a_day: float
    series: float
    state_bytes: float
    disk_bytes_a_year: float

    @property
    def first(self) -> str:
        """What gives way first."""
        return max(self.loads, key=lambda name: self.loads[name])


def forecast(organisation: Organisation, setup: Setup, costs: Costs) -> Forecast:
    """What the setup makes of a working day."""
    busiest = max(share(minute) for minute in range(_DAY)) * _HOUR
    counted = _counted(organisation, setup, costs, busiest)
    asked = (counted + _unchanged(organisation, setup, costs)) / _HOUR
    results = organisation.results * (organisation.failing if setup.failed_only else 1)
    points = organisation.runs * (_OTHERS + _JOBS * (1 + _STEPS)) + results
    tests = organisation.tests * (organisation.failing if setup.failed_only else 1)
    series = organisation.repositories * organisation.branches * (tests + _JOBS * (1 + _STEPS) + _OTHERS)
    processor = (
        busiest * (organisation.runs * costs.spent.run_s + organisation.results * costs.spent.result_s)
        + _syncs(organisation, setup) * costs.spent.unchanged_s
    )
    loads = {
        "requests that count": counted / (setup.limit * setup.accounts),
        "requests a minute": asked / (A_MINUTE * setup.accounts),
        "one processor": processor / 3_600,
        "points a second": points * busiest / 3_600 / costs.stored.points_per_s,
        "memory of InfluxDB": series * costs.stored.series_memory / MEMORY,
    }
    return Forecast(
        loads,
        counted,
        asked,
        _wait_h(organisation, setup, costs),
        points,
        series,
        _STATE_DAYS
        * (organisation.runs * costs.spent.run_bytes + organisation.results * costs.spent.result_bytes),
        365 * points * costs.stored.point_bytes + _WEEKS * series * costs.stored.series_bytes,
    )


def most_runs(organisation: Organisation, setup: Setup, costs: Costs) -> int:
    """Runs a day that the setup still reads within an hour; test results in proportion."""
    low, high = 0, 1 << 24
    while high - low > max(1, low // 100):
        middle = (low + high) // 2
        results = organisation.results * middle // organisation.runs
        wait = _wait_h(replace(organisation, runs=middle, results=results), setup, costs)
        low, high = (middle, high) if wait is not None and wait <= 1 else (low, middle)
    return low


def share(minute: int) -> float:
    """The part of a day's runs that ends in a minute: few at night, most in the afternoon."""
    return (1 + 4 * max(0.0, sin(pi * (minute % _DAY - 6 * _HOUR) / (12 * _HOUR)))) / _WHOLE_DAY


_WHOLE_DAY: Final = sum(
    1 + 4 * max(0.0, sin(pi * (minute - 6 * _HOUR) / (12 * _HOUR))) for minute in range(_DAY)
)


def _syncs(organisation: Organisation, setup: Setup) -> float:
    """Syncs an hour."""
    return organisation.repositories * _HOUR / (setup.whole if setup.webhooks else setup.interval)


def _unchanged(organisation: Organisation, setup: Setup, costs: Costs) -> float:
    """Requests an hour that GitHub answers with 304."""
    wholes = organisation.repositories * _HOUR / setup.whole
    newest = max(0.0, _syncs(organisation, setup) - wholes)
    return wholes * costs.asked.whole + newest * costs.asked.unchanged


def _counted(organisation: Organisation, setup: Setup, costs: Costs, part: float) -> float:
    """Requests that count of an hour with that part of the day's runs."""
    runs = organisation.runs * part
    syncs = _syncs(organisation, setup)
    found = syncs * (1 - exp(-runs / syncs))
    return runs * (costs.asked.told if setup.webhooks else costs.asked.run) + found * costs.asked.sync


def _wait_h(organisation: Organisation, setup: Setup, costs: Costs) -> float | None:
    """The longest wait on days that are all the same; None where each evening more waits than before."""
    a_minute = max(0.0, A_MINUTE * setup.accounts - _unchanged(organisation, setup, costs) / _HOUR)
    waiting, left, evenings = Waiting(), 0.0, []
    for minute in range(_DAYS * _DAY):
        if minute % _HOUR == 0:
            left = float(setup.limit * setup.accounts)
        waiting.add(minute, _counted(organisation, setup, costs, share(minute) * _HOUR) / _HOUR)
        left -= waiting.serve(minute, min(a_minute, left))
        if minute % _DAY == _DAY - 1:
            evenings.append(waiting.amount)
    return None if evenings[-1] > evenings[0] + 1 else waiting.longest / _HOUR
