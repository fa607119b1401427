"""ExUnit: a numbered heading with the test and its module, and the file on the line below."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import Progress, did_not_end, end_of, left_running, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("  1) ", "  0) ", "failure on setup_all", " [L#")

_TEST = re.compile(r" {1,3}\d+\) (?P<name>(?:test|property|doctest|feature) .+) \((?P<suite>[A-Z][\w.]*)\)$")
_PLACE = re.compile(r" {5}(?P<path>\S+\.exs?):(?P<line>\d+)$")
_SETUP = re.compile(r" {1,3}\d+\) (?P<suite>[A-Z][\w.]*): failure on (?P<name>setup_all) callback")
_END = re.compile(r" {1,3}\d+\) |\S")
# With `--trace`, a test's name stands there before it runs.
_RUNNING = Progress(
    begun=re.compile(r"  \* (?P<name>(?:test|property|doctest|feature) .+) \[L#\d+\](?P<rest>.*)$"),
    ended=re.compile(r"  \* .+ \((?:[\d.]+ms|skipped|excluded)\)"),
    opened=re.compile(r"Running ExUnit with seed"),
    closed=re.compile(r"Finished in \d"),
)
_MODULE = re.compile(r"(?P<suite>[A-Z][\w.]*) \[\S+\.exs?\]$")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests; a `setup_all` that failed is one."""
    for place, line in enumerate(lines):
        if (found := _TEST.match(line)) is not None and place + 1 < len(lines):
            at = _PLACE.match(lines[place + 1])
            if at is not None:
                yield _test(lines, place, place + 2, found)._replace(path=at["path"], line=number(at["line"]))
        elif (found := _SETUP.match(line)) is not None:
            yield _test(lines, place, place + 1, found)
    for place, found in left_running(lines, _RUNNING):
        above = (module for at in range(place, -1, -1) if (module := _MODULE.match(lines[at])) is not None)
        module = next(above, None)
        yield did_not_end(lines, place, module["suite"] if module else "", found["name"], found["rest"])


def _test(lines: Sequence[str], place: int, begin: int, found: re.Match[str]) -> LoggedTest:
    stop = end_of(lines, begin - 1, _END, 80)
    message = message_of(lines[begin:stop])
    return LoggedTest(found["suite"], found["name"], message, "", None, place, stop - 1)
