"""node:test with its `spec` reporter: the list of failing tests that closes the output."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("failing tests:", "Failed tests:")

_LIST = re.compile(r"[✖✗] failing tests:$|Failed tests:$")
_PLACE = re.compile(r"test at (?:file://)?(?P<path>.+):(?P<line>\d+):\d+$")
_TEST = re.compile(r"[✖✗] (?P<name>.+?)(?: \([\d.]+ms\))$")
_END = re.compile(r"test at .+:\d+:\d+$|[✖✗] .+ \([\d.]+ms\)$|##\[|npm (?:ERR!|error)")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests, in the order of the list."""
    start = next((place for place, line in enumerate(lines) if _LIST.match(line)), len(lines))
    path, line = "", None
    unplaced = start < len(lines) and lines[start] == "Failed tests:"
    for place in range(start + 1, len(lines)):
        if (found := _PLACE.match(lines[place])) is not None:
            path, line = found["path"], number(found["line"])
        elif (path or unplaced) and (found := _TEST.match(lines[place])) is not None:
            stop = end_of(lines, place, _END, 60)
            message = message_of(lines[place + 1 : stop])
            # A file that failed as a whole is called by its place on the machine.
            suite, name = ("", path) if found["name"].endswith(f"/{path}") else (path, found["name"])
            yield LoggedTest(suite, name, message, path, line, place, stop - 1)
            path, line = "", None
