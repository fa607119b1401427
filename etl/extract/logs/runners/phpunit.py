"""PHPUnit: numbered lists of errors and failures, and TestDox; Pest has a line `FAILED` for each."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import Progress, did_not_end, end_of, left_running, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("There was 1 ", "There were ", " ✘ ", "  FAILED  ", "  • ", " ⨯ ", "' started")

_LIST = re.compile(r"There (?:was|were) (?P<count>\d+) (?P<what>\w+)(?: \w+)?:$")
_RED = {"error", "errors", "failure", "failures"}
_NAMED = r"(?P<suite>(?:\w+\\)*\w+)::(?P<name>\w+(?: with data set (?:#\d+|\"[^\"]*\"|@\S+))?)"
_ENTRY = re.compile(rf"\d+\) {_NAMED}")
_END = re.compile(r"\d+\) (?:\w+\\)*\w+::|--$|(?:FAILURES|ERRORS|WARNINGS|OK)\b")
_PLACE = re.compile(r"(?P<path>\S+\.php):(?P<line>\d+)$")
_TESTDOX = re.compile(r" ✘ (?P<name>\S.*?)(?: +\d+ ms| \[[\d.]+ ms\])?$")
_HEADING = re.compile(r"(?P<suite>[A-Z]\w*(?: \(.*\)|(?: \w+)*))$")
_BAR = re.compile(r" {3}[│├┐┴╵┊┘](?P<text>.*)$")
# With `--debug`, a test's name stands there before it runs.
_RUNNING = Progress(
    begun=re.compile(rf"Test '{_NAMED}.*' started$"),
    ended=re.compile(r"Test '.+' ended$"),
    opened=re.compile(r"PHPUnit \d"),
    closed=re.compile(r"Time: \d"),
)
_PEST = re.compile(r"\s+(?:FAILED|•) {1,3}(?P<suite>(?:\w+\\)+\w+) > (?P<name>\S.*?)(?:  +\S*)?$")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests; of a data set its name, not its values."""
    listed = list(_listed(lines))
    yield from listed
    if not listed:
        yield from _documented(lines)
    for place, line in enumerate(lines):
        if (found := _PEST.match(line)) is not None:
            yield _test(lines, place, found["suite"], found["name"], _PEST)
    for place, found in left_running(lines, _RUNNING):
        yield did_not_end(lines, place, found["suite"], found["name"])


def _listed(lines: Sequence[str]) -> Iterator[LoggedTest]:
    red = False
    for place, line in enumerate(lines):
        if (found := _LIST.match(line)) is not None:
            red = found["what"] in _RED
        elif red and (found := _ENTRY.match(line)) is not None:
            yield _test(lines, place, found["suite"], found["name"], _END)


def _test(lines: Sequence[str], place: int, suite: str, name: str, end: re.Pattern[str]) -> LoggedTest:
    stop = end_of(lines, place, end, 80)
    body = lines[place + 1 : stop]
    at = next((at for text in body if (at := _PLACE.search(text)) is not None), None)
    said = [text for text in body if not _PLACE.fullmatch(text.strip())]
    path, line = (at["path"], number(at["line"])) if at else ("", None)
    return LoggedTest(suite, name, message_of(said), path, line, place, stop - 1)


def _documented(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """TestDox tells tests as sentences, below the class; what a failing one said stands behind a bar."""
    suite = ""
    for place, line in enumerate(lines):
        if (
            (found := _TESTDOX.match(line)) is not None
            and place + 1 < len(lines)
            and _BAR.match(lines[place + 1])
        ):
            stop = place + 1
            while stop < len(lines) and _BAR.match(lines[stop]):
                stop += 1
            said = [bar["text"] for text in lines[place + 1 : stop] if (bar := _BAR.match(text)) is not None]
            at = next((at for text in said if (at := _PLACE.search(text)) is not None), None)
            path, row = (at["path"].strip(), number(at["line"])) if at else ("", None)
            yield LoggedTest(suite, found["name"], message_of(said), path, row, place, stop - 1)
        elif (
            (found := _HEADING.match(line)) is not None
            and place + 1 < len(lines)
            and lines[place + 1].startswith(" ")
        ):
            suite = found["suite"]
