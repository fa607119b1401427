"""unittest of Python's library: a heading between two rules for each failure."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import Progress, did_not_end, end_of, left_running, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("FAIL: ", "ERROR: ", ") ... ")

_RULE = "=" * 70
_HEADING = re.compile(r"(?:ERROR|FAIL): (?P<name>[^\s(]+) \((?P<suite>[\w.]+)\)")
_END = re.compile(r"={70}$|-{70}$")
_FRAME = re.compile(r'\s+File "(?P<path>[^"]+)", line (?P<line>\d+)')
_LAST = re.compile(r"[A-Za-z_][\w.]*(?:: |$)")
# With `-v`, a test's name stands there before it runs; its docstring is on a line of its own.
_TEST = r"(?P<name>test\w*) \((?P<suite>[A-Za-z_]\w*(?:\.\w+)+)\)"
_CLOSED = re.compile(r"Ran \d+ tests? in ")
_RUNNING = Progress(
    begun=re.compile(rf"{_TEST}(?: \.\.\.(?: (?P<rest>.*))?)?$"),
    ended=re.compile(
        r"(?:.* \.\.\. )?(?:ok|FAIL|ERROR|skipped .*|expected failure|unexpected success)(?: \([\d.]+s\))?$"
    ),
    opened=re.compile(r"(?!)"),
    closed=_CLOSED,
)
_FAILED = re.compile(rf"{_TEST} \.\.\. (?:FAIL|ERROR)$")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests; subtests as the test that they are of."""
    for start in range(1, len(lines)):
        if lines[start - 1] == _RULE and (found := _HEADING.match(lines[start])) is not None:
            dashes = end_of(lines, start, _END, 5)
            stop = end_of(lines, dashes, _END, 300)
            yield _test(found, lines, start, dashes + 1, stop)
    yield from _unsummed(lines)


def _unsummed(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """What is known of tests that nothing is told of in the end, since the process died."""
    for place, found in left_running(lines, _RUNNING):
        yield did_not_end(lines, place, _class(found), found["name"], found["rest"])
    if not any(_CLOSED.match(line) for line in lines):
        for place, line in enumerate(lines):
            if (failed := _FAILED.match(line)) is not None:
                yield LoggedTest(_class(failed), failed["name"], first=place, last=place)


def _class(found: re.Match[str]) -> str:
    """Since Python 3.11, what stands behind the name has it again."""
    return found["suite"].removesuffix("." + found["name"])


def _test(found: re.Match[str], lines: Sequence[str], start: int, begin: int, stop: int) -> LoggedTest:
    body = lines[begin:stop]
    frames = [frame for line in body if (frame := _FRAME.match(line)) is not None]
    path, line = (frames[-1]["path"], number(frames[-1]["line"])) if frames else ("", None)
    said = [place for place, text in enumerate(body) if _LAST.match(text)]
    message = message_of(body[said[-1] if said else 0 :])
    return LoggedTest(_class(found), found["name"], message, path, line, start, stop - 1)
