"""Runs and failures to judge, with results elsewhere written as letters: `P` passed, `R` red."""

from etl.judge.history import Level, Subject
from etl.verdict.known import BASE, Failed, Known, RedRun, Seen

HOUR_S = 3_600
NOW = 1_790_000_000
TEST = Subject("acme/rocket", Level.TEST, "CI", "unit", "suite", "test_orbit")
JOB = Subject("acme/rocket", Level.JOB, "CI", "build")
RUN = RedRun("acme/rocket", 7, 1, "f" * 40, "feature", NOW, jobs=8)
ON_BASE = RedRun("acme/rocket", 7, 1, "f" * 40, BASE, NOW, jobs=8)


def base(letters, *, until=NOW - HOUR_S, every=3 * HOUR_S, says="other"):
    """Results of the default branch, the last one an hour before the run."""
    first = until - (len(letters) - 1) * every
    return [
        Seen(first + place * every, place, 1, f"base{place}", BASE, letter == "P", says * (letter == "R"))
        for place, letter in enumerate(letters)
    ]


def lines(letters, *, at=NOW, says="other"):
    """A result of an unrelated line each, at about the same time."""
    return [
        Seen(
            at + place, 100 + place, 1, f"line{place}", f"line {place}", letter == "P", says * (letter == "R")
        )
        for place, letter in enumerate(letters)
    ]


def again(letters, says="boom"):
    """Later attempts of the run."""
    return [
        Seen(NOW + place, 7, 2 + place, "f" * 40, "feature", letter == "P", says * (letter == "R"))
        for place, letter in enumerate(letters)
    ]


def known(*seen, subject=TEST, says="boom", category="test", **more):
    """A failure and what is known of it."""
    failed = Failed(
        subject, subject.job, says, category, says, "src/orbit.py", 70, "https://example.test/70", 400
    )
    return Known(failed, sorted(one for some in seen for one in some), **more)
