"""Ginkgo: the summary of failures names the containers and the spec."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("Summarizing ", "[It]")

_SUMMARY = re.compile(r"Summarizing \d+ Failures?:$")
_FAILED = re.compile(
    r"\s*\[(?:FAIL|PANICKED!?|TIMEDOUT|INTERRUPTED|ABORTED|Fail|Panic!?|Timeout\.*)\] (?P<title>\S.*)$"
)
_LEAF = re.compile(
    r"\[(?P<kind>It|BeforeEach|AfterEach|JustBeforeEach|JustAfterEach|BeforeAll|AfterAll|BeforeSuite|AfterSuite|SynchronizedBeforeSuite|SynchronizedAfterSuite|DeferCleanup.*?|Measurement|ReportAfterSuite)\] ?"
)
_PLACE = re.compile(r"\s+(?P<path>\S+\.go):(?P<line>\d+)$")
_RULE = re.compile(r"-{30}$")
_SAID = re.compile(r"  \[(?:FAILED|PANICKED|TIMEDOUT)\] (?P<text>.*)$")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing specs, named as Ginkgo's JUnit report does."""
    for start, line in enumerate(lines):
        if _SUMMARY.match(line):
            place = start + 1
            while place < len(lines):
                if (found := _FAILED.match(lines[place])) is not None:
                    yield _test(lines, place, found["title"].rstrip())
                elif lines[place].strip() and not _PLACE.match(lines[place]):
                    break
                place += 1


def _test(lines: Sequence[str], place: int, title: str) -> LoggedTest:
    at = _PLACE.match(lines[place + 1]) if place + 1 < len(lines) else None
    path, line = (at["path"], number(at["line"])) if at else ("", None)
    first, last, message = _told(lines, title)
    return LoggedTest("", _name(title), message, path, line, first or place, last or place)


def _name(title: str) -> str:
    """`Basket [It] adds` → `[It] Basket adds`: whatever part failed, the spec is the same."""
    return "[It] " + " ".join(_LEAF.sub("", title).split())


def _told(lines: Sequence[str], title: str) -> tuple[int, int, str]:
    for place, line in enumerate(lines):
        if line == title and place and lines[place - 1].startswith("• "):
            stop = end_of(lines, place, _RULE, 80)
            begin = next((at for at in range(place, stop) if _SAID.match(lines[at])), place + 1)
            return place - 1, stop - 1, message_of(lines[begin:stop])
    return 0, 0, ""
