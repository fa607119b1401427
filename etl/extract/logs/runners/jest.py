"""Jest: a bullet and the test's names, joined by a sign (U+203A), below the file that failed."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("  ● ",)

_FILE = re.compile(r"(?P<status>FAIL|PASS)(?: \S+)? +(?P<path>\S+\.\w+)(?: \(.*\))?$")
_TEST = re.compile(r"  ● (?P<title>\S.*)$")
_NO_TEST = re.compile(
    r"Console$|Test suite failed to run|process\.exit called|Cannot log after|Deprecation|Validation"
)
_TOTALS = re.compile(r"Test Suites: .*\b\d+ total")
_SUITE = "Test suite failed to run"
_END = re.compile(r"  ● \S|(?:FAIL|PASS|Tests?:|Test Suites:|Summary of)\b")
_PLACE = re.compile(
    r"(?!.*\bnode_modules/)\s+at .*?\(?(?P<path>[^\s()]+\.[cm]?[jt]sx?):(?P<line>\d+):\d+\)?$"
)


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests; a file that could not be run is one.

    Where Jest died before its totals, others may have written what looks alike: only a place in a file tells.
    """
    closed = any(_TOTALS.match(line) for line in lines)
    yield from (test for test in _reported(lines) if closed or test.line is not None)


def _reported(lines: Sequence[str]) -> Iterator[LoggedTest]:
    path = ""
    for place, line in enumerate(lines):
        if (found := _FILE.match(line)) is not None:
            path = found["path"] if found["status"] == "FAIL" else ""
        elif path and (found := _TEST.match(line)) is not None:
            title = found["title"]
            if title == _SUITE:
                yield _test(lines, place, "", path, path)
            elif not _NO_TEST.match(title):
                suite, _, name = title.rpartition(" › ")
                yield _test(lines, place, suite or path, name, path)


def _test(lines: Sequence[str], place: int, suite: str, name: str, path: str) -> LoggedTest:
    stop = end_of(lines, place, _END, 120)
    found = next((found for line in lines[place:stop] if (found := _PLACE.match(line)) is not None), None)
    message = message_of(lines[place + 1 : stop])
    return LoggedTest(suite, name, message, path, number(found["line"]) if found else None, place, stop - 1)
