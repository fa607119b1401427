"""RSpec: the list of failed examples, and what each said in the list of failures."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("Failed examples:", "Failures:", "outside of examples")

_EXAMPLE = re.compile(
    r"rspec (?P<quote>'?)(?:\./)?(?P<path>[^\s'\[:]+)(?::(?P<line>\d+)|\[[\d:]+\])(?P=quote) # (?P<name>\S.*)$"
)
_LIST = re.compile(r"Failed examples:$")
_FAILURES = re.compile(r"Failures:$")
_FAILURE = re.compile(r"  \d+\) (?P<name>\S.*)$")
_END = re.compile(r"  \d+\) \S|Finished in |Failed examples:$")
_NOT_LOADED = re.compile(r"An error occurred while loading (?:\./)?(?P<path>\S+?)\.?$")
_BLANKS = re.compile(r"rspec |$")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing examples by their full description; a file that could not be loaded is one."""
    told = {test.name: test for test in _failures(lines)}
    listed = list(_examples(lines))
    for test in listed:
        said = told.get(test.name)
        yield test._replace(message=said.message, first=said.first, last=said.last) if said else test
    if not listed:
        yield from told.values()
    for place, line in enumerate(lines):
        if (found := _NOT_LOADED.match(line)) is not None:
            path = found["path"]
            yield LoggedTest("", path, message_of(lines[place + 1 : place + 8]), path, None, place, place + 7)


def _examples(lines: Sequence[str]) -> Iterator[LoggedTest]:
    for start, line in enumerate(lines):
        if _LIST.match(line):
            for place in range(start + 1, len(lines)):
                if (found := _EXAMPLE.match(lines[place])) is not None:
                    yield LoggedTest(
                        found["path"], found["name"], "", found["path"], number(found["line"]), place, place
                    )
                elif not _BLANKS.match(lines[place]):
                    break


def _failures(lines: Sequence[str]) -> Iterator[LoggedTest]:
    started = False
    for place, line in enumerate(lines):
        if _FAILURES.match(line):
            started = True
        elif line.startswith(("Finished in ", "Failed examples:")):
            started = False
        elif started and (found := _FAILURE.match(line)) is not None:
            stop = end_of(lines, place, _END, 120)
            yield LoggedTest(
                "", found["name"], message_of(lines[place + 1 : stop]), "", None, place, stop - 1
            )
