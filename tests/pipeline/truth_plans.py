"""What the project of the known history runs: its jobs, and what each of their tests is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from etl.demo.history import Workflow
from etl.demo.suites import Planned, plan_suite

CI: Final = Workflow(7, "CI", ".github/workflows/ci.yml")
NIGHTLY: Final = Workflow(8, "Nightly", ".github/workflows/nightly.yml")
SHARDS: Final = 3
# Forty rates from 0.5 % to 30 %.
RATES: Final = [0.005 * 60 ** (n / 39) for n in range(40)]

OF_A_BROWSER = [
    Planned("e2e.login.spec", f"not_in_webkit_{n}", message="element is not visible") for n in range(3)
]
OF_A_BASE = [Planned("api.base.test_merge", f"test_old_base_{n}", message="no such column") for n in range(3)]


@dataclass(frozen=True, slots=True)
class Plan:
    """A job (or the shards of one) with its tests, each of which every browser runs.

    Without `reports` its failing tests are annotations alone; with `annotates` they are that, too.
    """

    name: str
    tests: Sequence[Planned] = ()
    shards: int = 1
    browsers: tuple[str, ...] = ("",)
    retries: int = 0
    reports: bool = True
    annotates: bool = False


@dataclass(frozen=True, slots=True)
class Commit:
    """What is tested. `old_base`: merged with a base on which some tests fail."""

    sha: str
    day: int
    old_base: bool = False


def plans(random: Random, days: int, count: int) -> dict[int, list[Plan]]:
    """Jobs of both workflows by their ids, with `count` tests; what the others leave of them is the nightly job's."""
    nightly, rest = RATES[9::10], [rate for n, rate in enumerate(RATES) if n % 10 != 9]
    spans = _spans(random, days)

    def suite(prefix: str, share: float, flaky: Sequence[float], broken: int = 2) -> list[Planned]:
        size = max(36, int(share * count))
        spanned = [next(spans) for _ in range(broken)]
        return plan_suite(random, prefix, tests=size, flaky=flaky, broken=spanned)

    matrix = [*suite("api", 0.03, rest[0::5]), *OF_A_BASE]
    unit = suite("core", 0.09, rest[1::5])
    e2e = [*suite("e2e", 0.02, rest[2::5]), *OF_A_BROWSER]
    integration = suite("db", 0.035, rest[3::5])
    cluster = list(_cluster(rest[4::5], next(spans)))
    left = count - sum(map(len, (matrix, unit, e2e, integration, cluster)))
    bulk = suite("bulk", max(left, 0) / count, nightly, broken=1)
    return {
        CI.id: [
            Plan("test (ubuntu, 3.12)", matrix),
            Plan("test (ubuntu, 3.13)", matrix),
            *(Plan(f"unit (shard {n + 1}/{SHARDS})", unit, shards=SHARDS) for n in range(SHARDS)),
            Plan("e2e", e2e, browsers=("chromium", "webkit")),
            Plan("integration", integration, retries=2, annotates=True),
            Plan("cluster", cluster, reports=False),
            Plan("lint"),
        ],
        NIGHTLY.id: [Plan("bulk", bulk)],
    }


def _spans(random: Random, days: int) -> Iterator[range]:
    """When each of the ten broken tests is."""
    for _ in range(10):
        start = random.randrange(days - 4)
        yield range(start, start + random.randint(3, 10))


def _cluster(flaky: Sequence[float], broken: range) -> Iterator[Planned]:
    """Tests as a job without reports names them."""
    message = "CheckPods timed-out ({n}m0s)"
    for n, rate in enumerate(flaky):
        yield Planned("", f"TestInject{n}", rate, message=message)
    yield Planned("", "TestUpgrade", broken=broken, message=message)
    for n in range(12):
        yield Planned("", f"TestHealthy{n}", message=message)


def here(test: Planned, commit: Commit, browser: str) -> Planned:
    """The test as it is on this commit, base and browser."""
    in_webkit = test in OF_A_BROWSER and browser == "webkit" and commit.day % 2
    fails = in_webkit or (test in OF_A_BASE and commit.old_base)
    return replace(test, broken=range(commit.day, commit.day + 1)) if fails else test
