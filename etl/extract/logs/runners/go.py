"""`go test` and gotestsum: failing tests and subtests, tests that panicked or ran when time was up."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("--- FAIL: ", "=== FAIL: ", "running tests:", "panic: ", "fatal error: ", "SIG", "=== RUN ")

_FAILED = re.compile(r"(?P<indent>\s*)(?:\S+ \| )?--- FAIL: (?P<name>\S+) \(\d+(?:\.\d+)?s\)$")
_LISTED = re.compile(r"=== FAIL: (?P<suite>\S+) (?P<name>\S+) \((?:\d+(?:\.\d+)?s|unknown|\w+)\)$")
_LISTED_END = re.compile(r"=== (?:FAIL|SKIP|Failed|Skipped|Errors)\b|DONE \d+ ")
_OF_GO = re.compile(r"\s*--- FAIL: |=== (?:RUN|CONT|NAME|PAUSE) ")
_PACKAGE = re.compile(r"(?:FAIL|ok {1,2})\t(?P<suite>[\w./~-]+)\t")
_END = re.compile(r"\s*--- |=== |(?:FAIL|ok|PASS)\b|panic: |exit status|goroutine \d+|coverage: |\?\s")
_RUN = re.compile(r"=== (?:RUN|CONT|NAME|PAUSE) +(?P<name>\S+)$")
_RUNNING = re.compile(r"\s*running tests:$")
_HUNG = re.compile(r"\t\t(?P<name>\S+) \((?:\d+h)?(?:\d+m)?[\d.]+(?:ms|s)\)$|\t\t(?P<other>\S+)$")
_PANIC = re.compile(r"(?:panic|fatal error|SIG[A-Z]+): (?P<error>.+)")
# A function of the test, or what it started: `created by example.com/shop.TestIt.func1 in goroutine 7`.
_FRAME = re.compile(
    r"(?:created by )?(?P<suite>[\w./~-]+?)(?:_test)?\.(?P<name>(?:Test|Fuzz|Benchmark|Example)\w*)(?:\.[\w.]+)?(?:\(| in goroutine )"
)
_STATE = re.compile(r"=== (?P<how>RUN|CONT|PAUSE) +(?P<name>\S+)$")
_DONE = re.compile(r"\s*--- (?:PASS|FAIL|SKIP): (?P<name>\S+) \(")
# What a test binary says last, unless it dies.
_CLOSED = re.compile(r"(?:PASS|FAIL)$")
_RESULT = re.compile(r"(?:FAIL|ok {1,2})\t")
_PLACE = re.compile(r"\s+(?P<path>[\w./-]+\.go):(?P<line>\d+): ")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests; the package stands below what failed in it."""
    listed = [
        _summed(lines, place, found["suite"], found["name"])
        for place, line in enumerate(lines)
        if (found := _LISTED.match(line)) is not None
    ]
    yield from listed
    known = {test.name for test in listed}
    yield from (test for test in _as_they_ran(lines) if test.name not in known)


def _summed(lines: Sequence[str], place: int, suite: str, name: str) -> LoggedTest:
    """What gotestsum has below a test's name, up to the next or the totals."""
    stop = end_of(lines, place, _LISTED_END, 200)
    said = [line for line in lines[place + 1 : stop] if not _OF_GO.match(line)]
    found = next((found for line in said if (found := _PLACE.match(line)) is not None), None)
    path, line = (found["path"], number(found["line"])) if found else ("", None)
    return LoggedTest(suite, name, message_of(said), path, line, place, stop - 1)


def _as_they_ran(lines: Sequence[str]) -> Iterator[LoggedTest]:
    waiting: list[LoggedTest] = []
    running = _Running()
    for place, line in enumerate(lines):
        running.read(line, place)
        if (found := _FAILED.match(line)) is not None:
            waiting.append(_test(lines, place, found["name"]))
        elif _RUNNING.match(line) or _PANIC.match(line):
            waiting.extend(_stopped(lines, place, {test.name for test in waiting}))
        elif (found := _PACKAGE.match(line)) is not None:
            waiting.extend(running.left(lines, {test.name for test in waiting}))
            yield from (test._replace(suite=test.suite or found["suite"]) for test in waiting)
            waiting, running = [], _Running()
    yield from waiting
    yield from running.left(lines, {test.name for test in waiting})


class _Running:
    """With `-v`, the tests of a binary that have begun and not ended."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._parallel: set[str] = set()

    def read(self, line: str, place: int) -> None:
        """Take the next line."""
        if _CLOSED.match(line):
            self._places = {}
        elif (found := _DONE.match(line)) is not None:
            self._places.pop(found["name"], None)
        elif (found := _STATE.match(line)) is not None:
            self._switch(found["how"], found["name"], place)

    def _switch(self, how: str, name: str, place: int) -> None:
        if how == "PAUSE":
            self._parallel.add(name)
            self._places.pop(name, None)
            return
        if how == "RUN" and "/" not in name:
            # It waits for all before it, whatever the log lost of their ends, but for parallel ones.
            self._places = {
                one: at for one, at in self._places.items() if one.partition("/")[0] in self._parallel
            }
        self._places[name] = place

    def left(self, lines: Sequence[str], known: set[str]) -> Iterator[LoggedTest]:
        """Tests that ran when the binary died, but for those that are known."""
        for name, place in self._places.items():
            if name not in known:
                stop = end_of(lines, place, _RESULT, 12)
                said = (line for line in lines[place + 1 : stop] if not line.startswith("=== "))
                yield LoggedTest("", name, message_of(said) or "did not end", "", None, place, stop - 1)


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
    if "test timed out" in lines[place]:
        return
    for at in range(place + 1, min(len(lines), place + 60)):
        if (found := _FRAME.match(lines[at])) is not None:
            if found["name"] not in known:
                yield LoggedTest(found["suite"], found["name"], lines[place], "", None, place, at)
            return
        if _PACKAGE.match(lines[at]):
            return
