"""`cargo test` (libtest): the list of failures that closes each test binary."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("failures:", "... FAILED")

_BINARY = re.compile(
    r"\s*(?:Running (?:unittests )?(?P<path>\S+) \(\S+\)|(?P<doc>Doc-tests \S+)|Running \S*/(?P<old>[\w-]+)-[0-9a-f]+)$"
)
_OUTPUT = re.compile(r"---- (?P<name>.+) stdout ----$")
_LIST = re.compile(r"failures:$")
_LISTED = re.compile(r" {4}(?P<name>\S.*)$")
_RESULT = re.compile(r"test result: ")
_END = re.compile(r"---- .+ stdout ----$|failures:$|test result: ")
_PANIC = re.compile(
    r"thread '.*' (?:\(\d+\) )?panicked at (?P<old>'.*', )?(?P<path>[^\s:]+):(?P<line>\d+)(?::\d+)?"
)
_UNFINISHED = re.compile(r"test (?P<name>\S+(?: - .+)?) \.\.\. FAILED$")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests of each binary; where its list is missing, those that are marked as they run."""
    suite, output, seen = "", dict[str, LoggedTest](), list[LoggedTest]()
    for place, line in enumerate(lines):
        if (found := _BINARY.match(line)) is not None:
            yield from seen
            suite, output, seen = found["path"] or found["doc"] or found["old"], {}, []
        elif (found := _OUTPUT.match(line)) is not None:
            output[found["name"]] = _told(lines, place, suite, found["name"])
        elif (found := _UNFINISHED.match(line)) is not None:
            seen.append(LoggedTest(suite, found["name"], first=place, last=place))
        elif _LIST.match(line):
            yield from _listed(lines, place, suite, output)
        elif _RESULT.match(line):
            seen = []
    yield from seen


def _listed(
    lines: Sequence[str], place: int, suite: str, output: dict[str, LoggedTest]
) -> Iterator[LoggedTest]:
    """The names of a list, which only indented lines are in, and which the result follows."""
    stop = place + 1
    while stop < len(lines) and (not lines[stop] or _LISTED.match(lines[stop])):
        stop += 1
    if stop < len(lines) and _RESULT.match(lines[stop]):
        for at in range(place + 1, stop):
            if (found := _LISTED.match(lines[at])) is not None:
                yield output.get(found["name"]) or LoggedTest(suite, found["name"], first=at, last=at)


def _told(lines: Sequence[str], place: int, suite: str, name: str) -> LoggedTest:
    stop = end_of(lines, place, _END, 200)
    body = lines[place + 1 : stop]
    found = next((found for line in body if (found := _PANIC.match(line)) is not None), None)
    path, line = (found["path"], number(found["line"])) if found else ("", None)
    begin = next((at for at, text in enumerate(body) if _PANIC.match(text)), 0)
    return LoggedTest(suite, name, message_of(body[begin:]), path, line, place, stop - 1)
