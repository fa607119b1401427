"""CTest: the list `The following tests FAILED`, and what each wrote where it is shown."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import did_not_end, end_of, message_of
from etl.model.logs import LoggedTest

HINTS = ("Start ", "The following tests FAILED", "***Failed", "***Exception", "***Timeout", "***Not Run")

_LIST = re.compile(r"The following tests FAILED:$")
_LISTED = re.compile(r"\s+\d+ - (?P<name>\S.*) \((?P<why>[A-Za-z_ ]+)\)(?:\s+\S.*)?$")
_RAN = re.compile(
    r" *\d+/\d+ Test +#\d+: (?P<name>\S.*?) ?\.{2,}\s*(?P<how>[A-Z][a-z ]+)?"
    r"\*\*\*(?P<why>(?:Failed|Exception|Timeout|Not Run|Abort\w*)(?:: [A-Z]\w+)?)"
)
_STARTED = re.compile(r" +Start +\d+: (?P<name>\S.*)$")
_DONE = re.compile(r" *\d+/\d+ Test +#\d+: (?P<name>\S.*?) ?\.{2,}")
_PROJECT = re.compile(r"Test project \S")
_OVER = re.compile(r"\d+% tests passed, |No tests were found")
_END = re.compile(r"test \d+$| *(?:\d+/\d+ Test +#\d+:|Start +\d+:)|\d+% tests passed|The following tests ")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests, as the list has them; where it is cut off, as they ran."""
    ran = {}
    for place, line in enumerate(lines):
        if "***" in line and (found := _RAN.match(line)) is not None:
            stop = end_of(lines, place, _END, 200)
            why = found["how"] or found["why"]
            said = message_of(lines[place + 1 : stop])
            # What it wrote tells why a check failed, not how a program crashed.
            message = "\n".join(filter(None, (why, said))) if why != "Failed" else said or why
            ran[found["name"]] = LoggedTest("", found["name"], message, "", None, place, stop - 1)
    listed = list(_listed(lines))
    yield from (ran.get(test.name, test) for test in listed) if listed else ran.values()
    yield from _left_running(lines)


def _left_running(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Tests, perhaps several at once, that ran when CTest itself was ended."""
    started: dict[str, int] = {}
    begun = False
    for place, line in enumerate(lines):
        if _PROJECT.match(line):
            begun = True
        elif _OVER.match(line):
            started, begun = {}, False
        elif begun and (found := _STARTED.match(line)) is not None:
            started[found["name"]] = place
        elif (found := _DONE.match(line)) is not None:
            started.pop(found["name"], None)
    for name, place in started.items():
        yield did_not_end(lines, place, "", name)


def _listed(lines: Sequence[str]) -> Iterator[LoggedTest]:
    for start, line in enumerate(lines):
        if _LIST.match(line):
            place = start + 1
            while place < len(lines) and (found := _LISTED.match(lines[place])) is not None:
                yield LoggedTest("", found["name"], found["why"], "", None, place, place)
                place += 1
