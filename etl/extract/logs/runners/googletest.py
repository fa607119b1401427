"""GoogleTest: tests marked as failed while they run or in the list at the end, and the one that ran at a crash."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("[  FAILED  ] ", "[ RUN      ] ")

_NAME = r"(?P<suite>[\w/]+)\.(?P<name>[\w/]+)"
_RUN = re.compile(rf"(?:\d+: )?\[ RUN      \] {_NAME}$")
_DONE = re.compile(
    rf"(?:\d+: )?\[  (?P<how>FAILED |     OK|SKIPPED) ?\] {_NAME}(?:, where .*?)?(?: \(\d+ ms\))?$"
)
_OVER = re.compile(r"(?:\d+: )?\[={10}\] \d+ tests? .*ran")
_BEGIN = re.compile(r"(?:\d+: )?\[={10}\] Running ")
_STOP = re.compile(r"(?:\d+: )?\[[ =-]")
_PLACE = re.compile(r"(?:\d+: )?(?P<path>\S+?)(?::|\()(?P<line>\d+)\)?: (?:Failure|error)")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests."""
    running: LoggedTest | None = None
    begun = any(_BEGIN.match(line) or _OVER.match(line) for line in lines)
    for place, line in enumerate(lines) if begun else ():
        if (found := _RUN.match(line)) is not None:
            running = LoggedTest(found["suite"], found["name"], "", "", None, place, place)
        elif (found := _DONE.match(line)) is not None:
            same = running is not None and running[:2] == (found["suite"], found["name"])
            if found["how"].strip() == "FAILED":
                yield _test(
                    lines, running.first if running and same else place, place, found["suite"], found["name"]
                )
            running = None if same else running
        elif running is not None and (_OVER.match(line) or _BEGIN.match(line)):
            running = None
    if running is not None:
        stop = end_of(lines, running.first, _STOP, 60)
        message = message_of(lines[running.first + 1 : stop]) or "did not end"
        yield running._replace(message=message, last=stop - 1)


def _test(lines: Sequence[str], first: int, last: int, suite: str, name: str) -> LoggedTest:
    body = lines[first + 1 : last]
    at = next((at for text in body if (at := _PLACE.match(text)) is not None), None)
    path, line = (at["path"], number(at["line"])) if at else ("", None)
    return LoggedTest(suite, name, message_of(body), path, line, first, last)
