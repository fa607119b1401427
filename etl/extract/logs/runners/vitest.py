"""Vitest: `FAIL`, the file and the test's names, joined by `>`."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = (" FAIL  ",)

_TEST = re.compile(
    r" FAIL {1,2}(?:\|[^|]+\| |[\w-]+(?: \(\w+\))? (?=\S+\.\w+ > ))?(?P<path>\S+\.[cm]?[jt]sx?)(?: > (?P<name>.+)| \[ .* \])?$"
)
_END = re.compile(r" FAIL  |⎯{10,}|\s*Test Files ")
_PLACE = re.compile(r" ❯ (?:.* )?(?P<path>[^\s:]+):(?P<line>\d+):\d+$")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests; several that failed alike stand above one message."""
    for place, line in enumerate(lines):
        if (found := _TEST.match(line)) is not None:
            yield _test(lines, place, found)


def _test(lines: Sequence[str], place: int, found: re.Match[str]) -> LoggedTest:
    begin = place
    while begin + 1 < len(lines) and _TEST.match(lines[begin + 1]):
        begin += 1
    stop = end_of(lines, begin, _END, 80)
    at = next((at for line in lines[begin:stop] if (at := _PLACE.match(line)) is not None), None)
    name, path = found["name"], found["path"]
    message = message_of(lines[begin + 1 : stop])
    return LoggedTest(
        path if name else "", name or path, message, path, number(at["line"]) if at else None, place, stop - 1
    )
