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
_END = re.compile(
    r"\s*(?:\d+\) )?(?:Failure|Error|Skipped):$|\d+ (?:runs|tests), |(?:bin/|bundle exec )?(?:rails|rake) test |Finished in |$"
)
_FRAME = re.compile(r"\s+(?P<path>\S+\.rb):(?P<line>\d+):in ")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests."""
    for place in range(len(lines) - 1):
        if _HEADING.match(lines[place]) and (found := _TEST.match(lines[place + 1])) is not None:
            stop = end_of(lines, place + 1, _END, 120)
            body = lines[place + 2 : stop]
            frame = next((frame for text in body if (frame := _FRAME.match(text)) is not None), None)
            at = found if found["path"] else frame
            path, line = (at["path"], number(at["line"])) if at else ("", None)
            yield LoggedTest(found["suite"], found["name"], message_of(body), path, line, place, stop - 1)
