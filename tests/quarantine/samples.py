"""Recorded runs, and quarantines of what fails in them."""

from datetime import date, timedelta
from pathlib import Path

from etl.errors import DataError
from etl.extract.strict.report import read_strictly
from etl.quarantine.entry import Entry, Quarantine
from etl.quarantine.parse import QuarantineError, parse
from etl.quarantine.verdict import Report, Terms, Verdict, judge

RUNS = Path(__file__).with_name("runs")
TODAY = date(2026, 11, 27)
# What fails in each runner's `failed`, all of which are in quarantine.
FAILING = {
    "pytest-failed.xml": [("test_cart", "test_pays"), ("test_cart", "test_converts[usd]")],
    "gotestsum-failed.xml": [
        ("example.org/cart", test) for test in ("TestPays", "TestConverts", "TestConverts/usd")
    ],
    "go-failed.jsonl": [
        ("example.org/cart", test) for test in ("TestPays", "TestConverts", "TestConverts/usd")
    ],
    "vitest-failed.xml": [("cart.test.js", "pays"), ("cart.test.js", "converts usd")],
    "vitest-failed.json": [
        ("/home/runner/work/vitest/cart.test.js", "pays"),
        ("/home/runner/work/vitest/cart.test.js", "converts usd"),
    ],
    "surefire-failed.xml": [("shop.CartTest", "pays"), ("shop.CartTest", "converts(String)[2]")],
}


def entry(suite: str, test: str, *, since: date = TODAY, days: int = 30) -> Entry:
    return Entry(suite, test, since, since + timedelta(days=days), "flaky", "2 flakes in 9 runs", "@acme/web")


def quarantine(name: str, *, min_tests: int = 1) -> Quarantine:
    """The quarantine of all that fails in a recorded run."""
    return Quarantine(tuple(sorted(entry(*case) for case in FAILING[name])), min_tests)


def decide(data: bytes, kept: Quarantine, terms: Terms = Terms(TODAY)) -> Verdict:  # noqa: B008
    """What the gate says of one report."""
    try:
        report = Report("report", read_strictly(data, believe_retries=terms.runner_exit == 0))
    except DataError as error:
        report = Report("report", trouble=str(error))
    return judge([report], kept, terms)


def is_green(data: bytes, file: str, terms: Terms = Terms(TODAY)) -> bool:  # noqa: B008
    """Whether the gate is green with the text of a quarantine file."""
    try:
        kept = parse(file, "quarantine.yaml")
    except QuarantineError:
        return False
    return decide(data, kept, terms).is_green
