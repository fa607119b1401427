"""What it costs to judge 30 days of 1,000 jobs and 20,000 tests, and to judge them again."""

import time
import tracemalloc
from math import exp
from random import Random

from benchmarks.judgements.figure import Figure
from benchmarks.judgements.worlds import runs
from etl.judge.history import History, Level, Measure, Subject
from etl.judge.judge import Judge
from etl.judge.times import DURATION


def drawn(seed: int, jobs: int, tests: int, days: int, a_day: int) -> tuple[list[History], list[Measure]]:
    """A month of them: one test in fifty is flaky, one in fifty breaks, all jobs fail now and then."""
    random = Random(seed)  # noqa: S311
    shared = runs(days * a_day, a_day)
    histories, measures = [], []
    for number in range(jobs):
        subject = Subject("acme/rocket", Level.JOB, "CI", f"job {number}")
        rate, usual = random.uniform(0, 0.1), exp(random.uniform(3, 7))
        histories.append(History(subject, shared, bytes(random.random() < rate for _ in shared)))
        values = [usual * exp(random.gauss(0, 0.15)) for _ in shared]
        measures.append(Measure(subject, DURATION, shared, values))
    for number in range(tests):
        outcomes = bytearray(len(shared))
        if number % 50 == 0:
            outcomes = bytearray(random.random() < 0.05 for _ in shared)  # noqa: PLR2004
        elif number % 50 == 1:
            begin = random.randrange(len(shared))
            outcomes[begin : begin + a_day] = bytes([1]) * len(outcomes[begin : begin + a_day])
        subject = Subject("acme/rocket", Level.TEST, "CI", f"job {number % jobs}", "suite", f"test {number}")
        histories.append(History(subject, shared, bytes(outcomes)))
    return histories, measures


def run(seed: int, *, jobs: int = 1_000, tests: int = 20_000, days: int = 30, a_day: int = 8) -> list[Figure]:
    """Seconds of processor of a first and a second look, and MiB that the first one takes at its most."""
    histories, measures = drawn(seed, jobs, tests, days, a_day)
    judge = Judge()
    first, second = (_spent(judge, histories, measures) for _ in range(2))
    tracemalloc.start()
    Judge().judge(histories, measures)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    what = f"{days} days of {jobs} jobs and {tests} tests"
    return [
        Figure("cost", f"seconds of processor, {what}", first, 1, 10.0),
        Figure("cost", "seconds of processor, the same again", second, 1, 1.0),
        Figure("cost", "MiB beside the input", most / 2**20, 1, 200.0),
    ]


def _spent(judge: Judge, histories: list[History], measures: list[Measure]) -> float:
    began = time.process_time()
    judge.judge(histories, measures)
    return time.process_time() - began
