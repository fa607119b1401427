"""Mocha and Cypress, which has Mocha's output: the numbered list below `N failing`."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = (" failing",)

_COUNT = re.compile(r" {1,4}(?P<count>\d+) failing$")
_ENTRY = re.compile(r"(?P<indent> {1,4})(?P<number>\d+)\) (?P<title>\S.*)$")
_END = re.compile(r" {1,4}\d+\) \S|\S.*exited with|npm ERR!|npm error|##\[|  \(Results\)")
_PLACE = re.compile(r"\s+at .*?\(?(?:file://)?(?P<path>[^\s()]+\.[cm]?[jt]sx?):(?P<line>\d+):\d+\)?$")
_MAX_TITLES = 12


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests and hooks; the suites that a test is in stand above it, each further to the right."""
    for start, line in enumerate(lines):
        if (count := _COUNT.match(line)) is not None:
            yield from _entries(lines, start, int(count["count"][:6]))


def _entries(lines: Sequence[str], start: int, count: int) -> Iterator[LoggedTest]:
    expected, place = 1, start + 1
    while expected <= count and place < len(lines):
        found = _ENTRY.match(lines[place])
        if found is not None and int(found["number"][:6]) == expected:
            stop = end_of(lines, place, _END, 400)
            yield _test(lines, place, stop, found["title"])
            expected += 1
        place += 1


def _test(lines: Sequence[str], place: int, stop: int, title: str) -> LoggedTest:
    titles, at = [title], place + 1
    while not titles[-1].endswith(":") and at < min(stop, place + _MAX_TITLES) and lines[at].strip():
        titles.append(lines[at].strip())
        at += 1
    found = next((found for line in lines[at:stop] if (found := _PLACE.match(line)) is not None), None)
    path, line = (found["path"], number(found["line"])) if found else ("", None)
    suite, name = " ".join(titles[:-1]), titles[-1].removesuffix(":")
    return LoggedTest(suite, name, message_of(lines[at:stop]), path, line, place, stop - 1)
