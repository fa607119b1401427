"""`go test` and gotestsum: failing tests and subtests, tests that panicked or ran when time was up."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("--- FAIL: ", "=== FAIL: ", "running tests:", "\tpanic: ", "panic: ")

_FAILED = re.compile(r"(?P<indent>\s*)(?:\S+ \| )?--- FAIL: (?P<name>\S+) \(\d+(?:\.\d+)?s\)$")
_LISTED = re.compile(r"=== FAIL: (?P<suite>\S+) (?P<name>\S+) \((?:\d+(?:\.\d+)?s|unknown|\w+)\)$")
_PACKAGE = re.compile(r"(?:FAIL|ok {1,2})\t(?P<suite>[\w./~-]+)\t")
_END = re.compile(r"\s*--- |=== |(?:FAIL|ok|PASS)\b|panic: |exit status|goroutine \d+|coverage: |\?\s")
_RUN = re.compile(r"=== (?:RUN|CONT|NAME|PAUSE) +(?P<name>\S+)$")
_RUNNING = re.compile(r"\s*running tests:$")
_HUNG = re.compile(r"\t\t(?P<name>\S+) \((?:\d+h)?(?:\d+m)?[\d.]+(?:ms|s)\)$|\t\t(?P<other>\S+)$")
_PANIC = re.compile(r"(?:panic|fatal error): (?P<error>.+)")
_FRAME = re.compile(
    r"(?P<suite>[\w./~-]+?)(?:_test)?\.(?P<name>(?:Test|Fuzz|Benchmark|Example)\w*)(?:\.func[\w.]+)?\("
)
_PLACE = re.compile(r"\s+(?P<path>[\w./-]+\.go):(?P<line>\d+): ")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests; the package stands below what failed in it."""
    listed = [
        _test(lines, place, found["name"])._replace(suite=found["suite"])
        for place, line in enumerate(lines)
        if (found := _LISTED.match(line)) is not None
    ]
    yield from listed
    known = {test.name for test in listed}
    yield from (test for test in _as_they_ran(lines) if test.name not in known)


def _as_they_ran(lines: Sequence[str]) -> Iterator[LoggedTest]:
    waiting: list[LoggedTest] = []
    for place, line in enumerate(lines):
        if (found := _FAILED.match(line)) is not None:
            waiting.append(_test(lines, place, found["name"]))
        elif _RUNNING.match(line) or _PANIC.match(line):
            waiting.extend(_stopped(lines, place, {test.name for test in waiting}))
        elif (found := _PACKAGE.match(line)) is not None:
            yield from (test._replace(suite=test.suite or found["suite"]) for test in waiting)
            waiting = []
    yield from waiting


def _test(lines: Sequence[str], place: int, name: str) -> LoggedTest:
    """What a test said stands below its name, or above it where every test is shown."""
    first, stop = place, end_of(lines, place, _END, 60)
    if not any(line.strip() for line in lines[place + 1 : stop]):
        first = _beginning(lines, place, name)
    said = lines[first + 1 : place] if first < place else lines[place + 1 : stop]
    found = next((found for line in said if (found := _PLACE.match(line)) is not None), None)
    path, line = (found["path"], number(found["line"])) if found else ("", None)
    return LoggedTest("", name, message_of(said), path, line, first, max(place, stop - 1))


def _beginning(lines: Sequence[str], place: int, name: str) -> int:
    """Where the test began to speak."""
    for start in range(place - 1, max(-1, place - 60), -1):
        if (run := _RUN.match(lines[start])) is not None:
            return start if run["name"] == name else place
        if _END.match(lines[start]):
            break
    return place


def _stopped(lines: Sequence[str], place: int, known: set[str]) -> Iterator[LoggedTest]:
    """Tests that ran when time was up; else, of a panic without a result, the test in its stack."""
    if _RUNNING.match(lines[place]):
        for at in range(place + 1, min(len(lines), place + 200)):
            if (found := _HUNG.match(lines[at])) is None:
                return
            yield LoggedTest("", found["name"] or found["other"], lines[place - 1], "", None, place - 1, at)
        return
    if "test timed out" in lines[place] or known:
        return
    for at in range(place + 1, min(len(lines), place + 60)):
        if (found := _FRAME.match(lines[at])) is not None:
            yield LoggedTest(found["suite"], found["name"], lines[place], "", None, place, at)
            return
        if _PACKAGE.match(lines[at]):
            return
