"""Ginkgo: the summary of failures names the containers and the spec."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import did_not_end, end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("Summarizing ", "[It]", "Running Suite: ")

_SUMMARY = re.compile(r"Summarizing \d+ Failures?:$")
_FAILED = re.compile(
    r"\s*\[(?:FAIL|PANICKED!?|TIMEDOUT|INTERRUPTED|ABORTED|Fail|Panic!?|Timeout\.*)\] (?P<title>\S.*)$"
)
_LEAF = re.compile(
    r"\[(?P<kind>It|BeforeEach|AfterEach|JustBeforeEach|JustAfterEach|BeforeAll|AfterAll|BeforeSuite|AfterSuite|SynchronizedBeforeSuite|SynchronizedAfterSuite|DeferCleanup.*?|Measurement|ReportAfterSuite)\] ?"
)
_AT = re.compile(r"\S+\.go:\d+$")
_PLACE = re.compile(r"\s+(?P<path>\S+\.go):(?P<line>\d+)$")
_BLOCK = re.compile(r"• \[(?:FAILED|PANICKED!?|TIMEDOUT|INTERRUPTED|ABORTED)\] \[")
_SUITE = re.compile(r"Running Suite: ")
_RAN = re.compile(r"Ran \d+ of \d+ Specs")
_ENDED = re.compile(r"[•SP](?: \[|$)")
_RULE = re.compile(r"-{30}$")
_SAID = re.compile(r"  \[(?:FAILED|PANICKED|TIMEDOUT)\] (?P<text>.*)$")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing specs, named as Ginkgo's JUnit report does; where it died before its summary, those told so far."""
    told: list[LoggedTest] = []
    for start, line in enumerate(lines):
        if _SUITE.match(line):
            yield from told
            told = []
        elif _RAN.match(line):
            told = []
        elif _SUMMARY.match(line):
            yield from _summed(lines, start)
            told = []
        elif _BLOCK.match(line) and start + 1 < len(lines):
            told.append(_test(lines, start + 1, lines[start + 1].rstrip()))
    yield from told
    yield from _left_running(lines)


def _summed(lines: Sequence[str], start: int) -> Iterator[LoggedTest]:
    for place in range(start + 1, len(lines)):
        if (found := _FAILED.match(lines[place])) is not None:
            yield _test(lines, place, found["title"].rstrip())
        elif lines[place].strip() and not _PLACE.match(lines[place]):
            return


def _left_running(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """With `-v`, a spec's title stands below a rule before it runs, and above its place."""
    running: int | None = None
    for place, line in enumerate(lines[:-1]):
        if _SUITE.match(line) and running is not None:
            yield _unended(lines, running)
            running = None
        elif _RAN.match(line) or _ENDED.match(line):
            running = None
        elif _RULE.match(line) and place + 2 < len(lines) and _AT.match(lines[place + 2]):
            running = None if _ENDED.match(lines[place + 1]) else place + 1
    if running is not None:
        yield _unended(lines, running)


def _unended(lines: Sequence[str], place: int) -> LoggedTest:
    path, _, row = lines[place + 1].rpartition(":")
    test = did_not_end(lines, place + 1, "", _name(lines[place].rstrip()))
    return test._replace(path=path, line=number(row), first=place)


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
