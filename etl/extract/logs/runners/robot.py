"""Robot Framework: `name | FAIL |` and the message below; with dots, `FAIL: suite.name`."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import did_not_end, end_of, message_of
from etl.model.logs import LoggedTest

HINTS = ("| FAIL |", "| PASS |", "FAIL: ")

_RULE = re.compile(r"[=-]{78}$")
# The mark stands in the same column always: what a program printed before it moves it.
_FAILED = re.compile(r"(?=.{78}$)(?P<name>\S.*?) +\| FAIL \|$")
_DOTTED = re.compile(r"FAIL: (?P<suite>\S.*)\.(?P<name>[^.]+)$")
_COUNTS = re.compile(r"\d+ tests?, \d+ passed, \d+ failed")
_STATUS = re.compile(r".*\| (?:PASS|FAIL|SKIP) \|$")
_OUTPUT = re.compile(r"Output: +\S")
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
        elif stop == place + 1 < len(lines) and (found := _HEADING.match(line)) is not None:
            suite = found["suite"].rstrip()
    if (last := _last_begun(lines)) is not None:
        yield did_not_end(lines, last, suite, lines[last])


def _last_begun(lines: Sequence[str]) -> int | None:
    """The place of the test that ran when Robot died: its name stands below the last rule, without a status."""
    last = max((place for place, line in enumerate(lines) if _RULE.match(line)), default=None)
    if last is None or last + 1 >= len(lines) or not lines[last + 1].strip():
        return None
    rest = lines[last + 1 :]
    named = any(_STATUS.match(line) for line in lines[:last])
    return None if not named or any(_STATUS.match(line) or _OUTPUT.match(line) for line in rest) else last + 1
