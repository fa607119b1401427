"""Minitest, also in Rails: `Failure:` or `Error:`, and `Class#test [file:line]:` on the line below."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("Failure:", "Error:")

_HEADING = re.compile(r"\s*(?:\d+\) )?(?:Failure|Error):$")
_TEST = re.compile(
    r"\s*(?P<suite>[A-Z]\S*(?:::[^#]+)?|[A-Z][^#\[\]]*)#(?P<name>test_.+?)(?: \[(?P<path>[^\]]+?)(?::(?P<line>\d+))?\])?:$"
)
_NEXT = re.compile(r"\s*(?:\d+\) )?(?:Failure|Error|Skipped):$|\d+ (?:runs|tests), |Finished in ")
# Rails ends each failure with how to run it again; others leave a blank line.
_AGAIN = re.compile(r"(?:bin/|bundle exec )?(?:rails|rake) test \S")
_BLANK = re.compile(r"$")
_FRAME = re.compile(r"\s+(?P<path>\S+\.rb):(?P<line>\d+):in ")


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


def _stop(lines: Sequence[str], place: int) -> int:
    """The first line that is no part of the failure whose name stands at `place`."""
    stop = end_of(lines, place, _NEXT, 120)
    again = next((at for at in range(place + 1, stop) if _AGAIN.match(lines[at])), None)
    return min(stop, end_of(lines, place, _BLANK, 120)) if again is None else again + 1
