"""Minitest, also in Rails: `Failure:` or `Error:`, and `Class#test [file:line]:` on the line below."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import Progress, did_not_end, end_of, left_running, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("Failure:", "Error:", "#test_", "[BUG] ")

_HEADING = re.compile(r"\s*(?:\d+\) )?(?:Failure|Error):$")
_TEST = re.compile(
    r"\s*(?P<suite>[A-Z]\S*(?:::[^#]+)?|[A-Z][^#\[\]]*)#(?P<name>test_.+?)(?: \[(?P<path>[^\]]+?)(?::(?P<line>\d+))?\])?:$"
)
_NEXT = re.compile(r"\s*(?:\d+\) )?(?:Failure|Error|Skipped):$|\d+ (?:runs|tests), |Finished in ")
# Rails ends each failure with how to run it again; others leave a blank line.
_AGAIN = re.compile(r"(?:bin/|bundle exec )?(?:rails|rake) test \S")
_BLANK = re.compile(r"$")
_FRAME = re.compile(r"\s+(?P<path>\S+\.rb):(?P<line>\d+):in ")
# With `-v`, a test's name stands there before it runs.
_RUNNING = Progress(
    begun=re.compile(r"(?P<suite>[A-Z][^#\[\]]*)#(?P<name>test_.+?) =(?: (?P<rest>.*))?$"),
    ended=re.compile(r"(?:.* = )?\d+\.\d+ s = [.FES]$"),
    opened=re.compile(r"Run options: |# Running"),
    closed=re.compile(r"Finished in \d"),
)
# Ruby's own report of a crash: the innermost frame stands last; since Ruby 3.4 with its class.
_BUG = re.compile(r".*\[BUG\] (?P<error>.+)$")
_BUG_FRAME = re.compile(
    r"(?P<path>\S+\.rb):(?P<line>\d+):in [`'](?:block .*in )?(?:(?P<suite>[\w:]+)#)?(?P<name>test_\w+)'$"
)
_BUG_END = re.compile(r"-- (?:Machine register|C level|Other runtime)")
_MAX_BUG = 400


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests."""
    for place in range(len(lines) - 1):
        if _HEADING.match(lines[place]) and (found := _TEST.match(lines[place + 1])) is not None:
            stop = _stop(lines, place + 1)
            body = lines[place + 2 : stop]
            frame = next((frame for text in body if (frame := _FRAME.match(text)) is not None), None)
            at = found if found["path"] else frame
            path, line = (at["path"], number(at["line"])) if at else ("", None)
            yield LoggedTest(found["suite"], found["name"], message_of(body), path, line, place, stop - 1)
    running = [
        did_not_end(lines, place, found["suite"], found["name"], found["rest"])
        for place, found in left_running(lines, _RUNNING)
    ]
    yield from running
    yield from () if running else _crashed(lines)


def _crashed(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """The tests that Ruby's reports of a crash have in their stacks."""
    for start, line in enumerate(lines):
        if (bug := _BUG.match(line)) is not None:
            stop = end_of(lines, start, _BUG_END, _MAX_BUG)
            frames = [found for text in lines[start:stop] if (found := _BUG_FRAME.match(text)) is not None]
            for found in frames[-1:]:
                path, row = found["path"], number(found["line"])
                yield LoggedTest(
                    found["suite"] or path, found["name"], bug["error"], path, row, start, start + 1
                )


def _stop(lines: Sequence[str], place: int) -> int:
    """The first line that is no part of the failure whose name stands at `place`."""
    stop = end_of(lines, place, _NEXT, 120)
    again = next((at for at in range(place + 1, stop) if _AGAIN.match(lines[at])), None)
    return min(stop, end_of(lines, place, _BLANK, 120)) if again is None else again + 1
