"""Robot Framework: `name | FAIL |` and the message below; with dots, `FAIL: suite.name`."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of
from etl.model.logs import LoggedTest

HINTS = ("| FAIL |", "FAIL: ")

_RULE = re.compile(r"[=-]{78}$")
# The mark stands in the same column always: what a program printed before it moves it.
_FAILED = re.compile(r"(?=.{78}$)(?P<name>\S.*?) +\| FAIL \|$")
_DOTTED = re.compile(r"FAIL: (?P<suite>\S.*)\.(?P<name>[^.]+)$")
_COUNTS = re.compile(r"\d+ tests?, \d+ passed, \d+ failed")
_HEADING = re.compile(r"(?P<suite>\S[^|]*?)(?: ::.*)?$")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests, not the suites that they are in."""
    suite = ""
    for place in range(1, len(lines)):
        line = lines[place]
        if not _RULE.match(lines[place - 1]):
            continue
        stop = end_of(lines, place, _RULE, 60)
        if (found := _FAILED.match(line)) is not None:
            if not any(_COUNTS.match(text) for text in lines[place + 1 : stop]):
                message = message_of(lines[place + 1 : stop])
                yield LoggedTest(suite, found["name"], message, "", None, place, stop - 1)
        elif (found := _DOTTED.match(line)) is not None:
            message = message_of(lines[place + 1 : stop])
            yield LoggedTest(found["suite"], found["name"], message, "", None, place, stop - 1)
        elif stop == place + 1 and (found := _HEADING.match(line)) is not None:
            suite = found["suite"].rstrip()
