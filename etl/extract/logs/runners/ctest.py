"""CTest: the list `The following tests FAILED`, and what each wrote where it is shown."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of
from etl.model.logs import LoggedTest

HINTS = ("The following tests FAILED", "***Failed", "***Exception", "***Timeout", "***Not Run")

_LIST = re.compile(r"The following tests FAILED:$")
_LISTED = re.compile(r"\s+\d+ - (?P<name>\S.*) \((?P<why>[A-Za-z_ ]+)\)(?:\s+\S.*)?$")
_RAN = re.compile(
    r" *\d+/\d+ Test +#\d+: (?P<name>\S.*?) ?\.{2,}\s*\*\*\*(?P<why>Failed|Exception|Timeout|Not Run|Abort\w*)"
)
_END = re.compile(r" *(?:\d+/\d+ Test +#\d+:|Start +\d+:)|\d+% tests passed|The following tests ")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests, as the list has them; where it is cut off, as they ran."""
    ran = {}
    for place, line in enumerate(lines):
        if "***" in line and (found := _RAN.match(line)) is not None:
            stop = end_of(lines, place, _END, 200)
            message = message_of(lines[place + 1 : stop]) or found["why"]
            ran[found["name"]] = LoggedTest("", found["name"], message, "", None, place, stop - 1)
    listed = list(_listed(lines))
    yield from (ran.get(test.name, test) for test in listed) if listed else ran.values()


def _listed(lines: Sequence[str]) -> Iterator[LoggedTest]:
    for start, line in enumerate(lines):
        if _LIST.match(line):
            place = start + 1
            while place < len(lines) and (found := _LISTED.match(lines[place])) is not None:
                yield LoggedTest("", found["name"], found["why"], "", None, place, place)
                place += 1
