"""The time of every question to InfluxDB with ten times the test results stored, against the same before."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import SecretStr

from benchmarks.measure import Outcome, Size
from benchmarks.process import influxd
from benchmarks.project import NO_LIMIT, Lines, project, settings_for, synced
from etl.demo.history import History
from etl.demo.server import SimulatedGitHub
from etl.load.influxdb import InfluxStore
from etl.queries import QUESTIONS
from etl.report.ask import last_days, parameters
from etl.settings import InfluxSettings
from tests.influxd import Influxd

# These list or chart results of tests.
OF_TESTS = {"tests", "test_history", "slow", "latest_results"}
# The dashboards ask this for all jobs at once without their tests.
_WITHOUT = {"slow": {"with_tests": False}}
_DAYS = 28
_TEST = {"job": "unit (0)", "test": "test_case_11"}


async def run(size: Size) -> list[Outcome]:
    """Milliseconds of each question."""
    runs, few, times = size.of((1_000, 40, 15), (10, 10, 1))
    with influxd() as database:
        stores = [await filled(database, runs, results) for results in (few * 10, few)]
        outcomes = [await asked(stores, name, times) for name in QUESTIONS]
        outcomes += [await asked(stores, name, times, **given) for name, given in _WITHOUT.items()]
        for store in stores:
            await store.close()
    return outcomes


async def asked(stores: Sequence[InfluxStore], name: str, times: int, **options: Any) -> Outcome:
    """One question of both buckets, in turns."""
    given = {option: value for option, value in _TEST.items() if option in QUESTIONS[name].filters}
    asked_for = parameters(last_days(_DAYS // 2, time.time())) | given | options
    samples: list[list[float]] = [[], []]
    for turn in range(times + 1):
        for store, kept in zip(stores, samples, strict=True):
            began = time.perf_counter()
            await store.query(name, asked_for)
            if turn:
                kept.append((time.perf_counter() - began) * 1_000)
    notes = (f"{median(samples[0]):.0f} ms against {median(samples[1]):.0f} ms",)
    bar = 10.0 if name in OF_TESTS and not options else 1.5
    called = " ".join((name, *(f"{option}={value}" for option, value in options.items())))
    what = f"`{called}` with ten times the test results"
    return Outcome(
        f"question {called}",
        what,
        "the same before",
        tuple(samples[0]),
        tuple(samples[1]),
        "ms",
        bar,
        notes=notes,
    )


def paired(history: History) -> History:
    """The same, each commit tested by two runs, so that tests and jobs flake."""
    for repository in history.repositories:
        pairs = zip(repository.runs[::2], repository.runs[1::2], strict=True)
        repository.runs = [
            run for one, other in pairs for run in (one, replace(other, head_sha=one.head_sha))
        ]
    return history


async def filled(database: Influxd, runs: int, results: int) -> InfluxStore:
    """A bucket with the points of so many runs, each with a report of so many results."""
    history = paired(project(runs, days=_DAYS, results=results))
    settings = InfluxSettings(
        url=database.url, org=database.org, bucket=f"questions-{results}", token=SecretStr(database.token)
    )
    store = InfluxStore(settings)
    await store.prepare()
    lines = Lines()
    with tempfile.TemporaryDirectory() as folder:
        async with SimulatedGitHub(history, rate_limit=NO_LIMIT) as url:
            await synced(settings_for(history, url, Path(folder)), lines)
    for start in range(0, len(lines.lines), 5_000):
        await store.write(lines.lines[start : start + 5_000])
    return store
