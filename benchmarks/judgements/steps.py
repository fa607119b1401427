"""Steps put into linkerd's real durations of May 2020, found by us and by Apache Otava."""

import json
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import exp
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.judgements.figure import Figure
from benchmarks.judgements.peer import found_by_otava
from benchmarks.judgements.worlds import place, runs
from etl.judge.discovery import most_allowed
from etl.judge.history import Level, Measure, Run, Subject
from etl.judge.limits import ChangeLimits
from etl.judge.times import DURATION, changes_of

DATA: Final = Path(__file__).parents[3] / "shared" / "data" / "linkerd2-2020" / "jobs.json"
FACTORS: Final = (0.5, 0.8, 0.9, 1.1, 1.2, 1.5)
# Results that make a month's series worth a look, and how near to a step a change has to be.
_LEAST: Final = 100
_NEAR: Final = 10


def durations() -> list[Measure]:
    """The durations of every job that succeeded often enough, in order of completion."""
    found = defaultdict(list)
    for job in json.loads(DATA.read_text("utf-8")):
        if job["Conclusion"] == "success":
            started, completed = (_time(job[name]) for name in ("Started", "Completed"))
            found[job["Workflow"], job["Job"]].append((completed, float(completed - started)))
    return [_measure(names, sorted(timed)) for names, timed in sorted(found.items()) if len(timed) >= _LEAST]


def _time(written: str) -> int:
    return int(datetime.fromisoformat(written).timestamp())


def _measure(names: tuple[str, str], timed: Sequence[tuple[int, float]]) -> Measure:
    subject = Subject("linkerd/linkerd2", Level.JOB, *names)
    return Measure(
        subject,
        DURATION,
        [Run(time, f"{place:07x}") for place, (time, _) in enumerate(timed)],
        [max(duration, 0.5) for _, duration in timed],
    )


@dataclass(frozen=True, slots=True)
class Score:
    """Steps found, changes told that are none, steps missed."""

    found: int
    false: int
    missed: int

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.found / (2 * self.found + self.false + self.missed)


def ours(measures: Sequence[Measure]) -> list[list[int]]:
    """The positions that we tell of, all series judged together."""
    limits = ChangeLimits()
    judged = [changes_of(measure, limits) for measure in measures]
    chances = [one.chance for changes in judged for one in changes.changes]
    allowed = most_allowed(chances, len(measures), limits.max_false_discoveries)
    return [
        [place(one.finding.commits.first) for one in changes.changes if one.chance <= allowed]
        for changes in judged
    ]


def run(seed: int, *, shuffled: bool, series: int | None = None) -> list[Figure]:
    """F1 of both; `shuffled` series have the real durations without what really changed in that month.

    What a method finds in a series without the step is not held against it.
    """
    random = Random(seed)  # noqa: S311
    plain = durations()[:series]
    if shuffled:
        plain = [replace(one, values=random.sample(one.values, len(one.values))) for one in plain]
    stepped, steps = [], []
    for one in plain:
        for factor in FACTORS:
            at = random.randint(len(one.values) // 10, len(one.values) * 9 // 10)
            values = [value * (factor if number >= at else 1.0) for number, value in enumerate(one.values)]
            stepped.append(replace(one, values=values))
            steps.append(at)
    kind = "shuffled" if shuffled else "as they were"
    mine = _score(ours(plain), ours(stepped), steps)
    without = sum(map(len, ours(plain)))
    theirs = found_by_otava([list(one.values) for one in (*plain, *stepped)])
    peer = _score(theirs[0][: len(plain)], theirs[0][len(plain) :], steps) if theirs else None
    none = sum(map(len, theirs[0][: len(plain)])) if theirs else 0
    return [
        Figure(
            "steps", f"F1, series {kind}", mine.f1, len(steps), peer.f1 + 0.1 if peer else None,
            at_least=True, peer=peer.f1 if peer else None,
        ),
        Figure(
            "steps", f"changes told a series-month without a step, {kind}", without / len(plain), len(plain),
            0.1 if shuffled else None, peer=none / len(plain) if theirs else None,
        ),
    ]  # fmt: skip


def _score(plain: Sequence[Sequence[int]], stepped: Sequence[Sequence[int]], steps: Sequence[int]) -> Score:
    found = false = 0
    for number, (told, at) in enumerate(zip(stepped, steps, strict=True)):
        known = plain[number // len(FACTORS)]
        found += any(abs(one - at) <= _NEAR for one in told)
        false += sum(
            abs(one - at) > _NEAR and all(abs(one - other) > _NEAR for other in known) for one in told
        )
    return Score(found, false, len(steps) - found)


def cost(seed: int, series: int = 100, length: int = 1_000) -> Figure:
    """Seconds of processor for series with a step in every other one."""
    random = Random(seed)  # noqa: S311
    drawn = runs(length, 30)
    measures = [
        Measure(
            Subject("acme/rocket", Level.JOB, "CI", f"job {number}"),
            DURATION,
            drawn,
            [
                300 * exp(random.gauss(0, 0.1)) * (1.2 if number % 2 and at > length // 2 else 1.0)
                for at in range(length)
            ],
        )
        for number in range(series)
    ]
    began = time.process_time()
    ours(measures)
    spent = time.process_time() - began
    peer = found_by_otava([list(one.values) for one in measures])
    return Figure(
        "steps", f"seconds of processor, {series} series of {length}", spent, series, 2.0,
        peer=peer[1] if peer else None,
    )  # fmt: skip
