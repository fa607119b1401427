"""`cargo test` (libtest): the list of failures that closes each test binary."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import did_not_end, end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("failures:", "... FAILED", "running ", "has overflowed its stack")

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
# With one thread, a test's name stands there before it runs; with several, only once it has ended.
_TEST = re.compile(r"test (?P<name>\S+(?: - .+?)?) \.\.\.(?: (?P<rest>.*))?$")
_ENDED = re.compile(r"(?P<how>ok|FAILED|ignored\b.*|bench: .*)(?: <[\d.]+s>)?$")
_SLOW = re.compile(r"test (?P<name>\S+(?: - .+?)?) has been running for over \d+ seconds$")
_THREAD = re.compile(
    r"thread '(?P<name>[A-Za-z_][\w:]*)' (?:\(\d+\) )?(?:has overflowed its stack|panicked at )"
)
_COUNT = re.compile(r"running \d+ tests?$")


class _Seen:
    """What is known of a binary's tests while it runs: those that failed, and those that it may die in."""

    def __init__(self) -> None:
        self._counted = False
        self._failed: list[LoggedTest] = []
        self._begun: LoggedTest | None = None
        self._slow: dict[str, LoggedTest] = {}
        self._thread: LoggedTest | None = None

    def tests(self) -> Iterator[LoggedTest]:
        """Tests that failed, or did not end."""
        yield from self._failed
        yield from self._slow.values()
        yield from (test for test in (self._begun, self._thread) if test is not None)

    def read(self, lines: Sequence[str], place: int, suite: str) -> None:
        """Take the next line."""
        line = lines[place]
        if _COUNT.match(line):
            self._counted = True
        elif (found := _TEST.match(line)) is not None:
            how = _ENDED.match(found["rest"] or "")
            if how is not None:
                self._end(LoggedTest(suite, found["name"], first=place, last=place), how["how"])
            elif self._counted:
                self._begun = did_not_end(lines, place, suite, found["name"], found["rest"])
        elif self._begun is not None and (how := _ENDED.match(line)) is not None:
            self._end(self._begun._replace(message="", last=place), how["how"])
        elif self._counted and (found := _SLOW.match(line)) is not None:
            self._slow[found["name"]] = did_not_end(lines, place, suite, found["name"], line)
        elif self._counted and (found := _THREAD.match(line)) is not None and found["name"] != "main":
            self._die(did_not_end(lines, place, suite, found["name"], line), _PANIC.match(line))

    def _die(self, test: LoggedTest, panic: re.Match[str] | None) -> None:
        """The test of a thread that ends; its first word tells most, what follows comes of its end."""
        if self._thread is None or self._thread.name != test.name:
            path, row = (panic["path"], number(panic["line"])) if panic else ("", None)
            self._thread = test._replace(path=path, line=row)

    def _end(self, test: LoggedTest, how: str) -> None:
        self._begun = None
        self._slow.pop(test.name, None)
        if self._thread is not None and self._thread.name == test.name:
            self._thread = None
        if how == "FAILED":
            self._failed.append(test)


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests of each binary; where its list is missing, those that are marked or left as they run."""
    suite, output, seen = "", dict[str, LoggedTest](), _Seen()
    for place, line in enumerate(lines):
        if (found := _BINARY.match(line)) is not None:
            yield from seen.tests()
            suite, output, seen = found["path"] or found["doc"] or found["old"], {}, _Seen()
        elif (found := _OUTPUT.match(line)) is not None:
            output[found["name"]] = _told(lines, place, suite, found["name"])
        elif _LIST.match(line):
            yield from _listed(lines, place, suite, output)
        elif _RESULT.match(line):
            seen = _Seen()
        else:
            seen.read(lines, place, suite)
    yield from seen.tests()


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
