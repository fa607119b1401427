"""Flaky or broken: tests of known rates, of which no commit ran twice, and tests that were run 10,000 times."""

import csv
import gzip
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.judgements.figure import Figure, share
from benchmarks.judgements.worlds import FlakyWorld, KnownTest, place, runs
from etl.judge.breaks import judge_breaks
from etl.judge.finding import Finding, Kind
from etl.judge.flakes import judge_flake, read
from etl.judge.history import History, Level, Run, Subject
from etl.judge.limits import Limits
from etl.model.evidence import EvidenceLimits

DATA: Final = Path(__file__).parents[3] / "shared" / "data" / "flakes" / "flakeflagger.csv.gz"
_LIMITS: Final = Limits()


def findings(history: History) -> list[Finding]:
    """What is said of a test."""
    if not history.failures or not history.passes:
        return []
    reading = read(history, EvidenceLimits())
    told = (judge_flake(reading, _LIMITS.flakes), judge_breaks(reading, _LIMITS.breaks))
    return [one for judgement in told for one in judgement.findings]


def known_rates(world: FlakyWorld, seeds: Sequence[int]) -> list[Figure]:
    """Which flaky tests are listed, what else is, and whether intervals hold the true rate."""
    flaky = found = listed = wrong = covered = 0
    for seed in seeds:
        for test in world.drawn(seed):
            told = [one for one in findings(test.history) if one.kind == Kind.FLAKY]
            flaky += test.rate > 0
            listed += bool(told)
            wrong += bool(told) and not test.rate
            found += bool(told) and test.rate > 0
            covered += any(test.rate and one.effect.low <= test.rate <= one.effect.high for one in told)
    return [
        share("known rates", "flaky tests listed", found, flaky, 0.95, at_least=True),
        share("known rates", "listed wrongly, of all listed", wrong, listed, 0.02),
        share("known rates", "95 % intervals that hold the rate", covered, found),
    ]


def known_breaks(world: FlakyWorld, seeds: Sequence[int], name: str) -> list[Figure]:
    """Whether the range holds the culprit and names it alone, and which flakes are called a break."""
    told = holds = alone = false = tests = broken = 0
    for seed in seeds:
        for test in world.drawn(seed):
            tests += 1
            broken += len(test.broken) > 0
            for one in findings(test.history):
                if one.kind != Kind.BROKEN:
                    continue
                if not _is_of(one, test):
                    false += 1
                    continue
                told += 1
                commits = one.commits
                holds += test.broken.start in {place(sha) for sha in (commits.first, *commits.between)}
                alone += commits.named_alone
    weeks = tests * world.days // 7
    return [
        share(name, "breaks told", told, broken),
        share(name, "range holds the culprit", holds, told, 0.99, at_least=True),
        share(name, "culprit named alone", alone, told, 0.9, at_least=True),
        share(name, "flakes called a break, a test-week", false, weeks, 0.001),
    ]


def _is_of(one: Finding, test: KnownTest) -> bool:
    """Whether a finding tells of the test's break: some of its red is within."""
    named = {place(sha) for sha in (one.commits.first, *one.commits.between)}
    return bool(test.broken) and (
        not named.isdisjoint(test.broken) or min(named) in range(test.broken.start - 3, test.broken.stop)
    )


def reruns(seed: int, most: int | None = None, *, commits: int = 600) -> list[Figure]:
    """Real rates of failure, drawn as so many commits, red ones run again; what is known of each test's rate."""
    random = Random(seed)  # noqa: S311
    knowable = found = listed = wrong = covered = always = 0
    for rate, history in islice(_drawn(random, commits), most):
        told = [one for one in findings(history) if one.kind == Kind.FLAKY and one.proven]
        known = _failed_and_passed(history)
        knowable += known
        listed += bool(told)
        found += known and bool(told)
        wrong += bool(told) and rate in (0, 1)
        always += bool(told) and rate == 1
        covered += any(one.effect.low <= rate <= one.effect.high for one in told)
    return [
        share("re-runs", "listed that are flaky", listed - wrong, listed, 0.99, at_least=True),
        share("re-runs", "listed of what can be known", found, knowable, 0.98, at_least=True),
        Figure("re-runs", "tests that always fail among them", float(always), listed, 0),
        share("re-runs", "95 % intervals that hold the rate", covered, listed, 0.93, at_least=True),
    ]


def _failed_and_passed(history: History) -> bool:
    """Whether it did both on one commit."""
    if not history.failures:
        return False
    results = set(zip((run.sha for run in history.runs), history.outcomes, strict=True))
    return len(results) > len({sha for sha, _ in results})


def _drawn(random: Random, commits: int) -> Iterator[tuple[float, History]]:
    """Each test's rate, and its history: red results are run once more on the same commit."""
    first = runs(commits, 20)
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            failed, passed = int(row["NumFailingRuns"]), int(row["NumPassingRuns"])
            subject = Subject("acme/rocket", Level.TEST, "CI", row["Project"], "", row["Test"])
            if not failed:
                yield 0.0, History(subject, first, bytes(commits))
                continue
            rate = failed / (failed + passed)
            drawn: list[tuple[Run, int]] = []
            for run in first:
                drawn.append((run, random.random() < rate))
                if drawn[-1][1]:
                    drawn.append((run._replace(time=run.time + 900), random.random() < rate))
            yield rate, History(subject, [run for run, _ in drawn], bytes(outcome for _, outcome in drawn))
