"""unittest of Python's library: a heading between two rules for each failure."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("FAIL: ", "ERROR: ")

_RULE = "=" * 70
_HEADING = re.compile(r"(?:ERROR|FAIL): (?P<name>[^\s(]+) \((?P<suite>[\w.]+)\)")
_END = re.compile(r"={70}$|-{70}$")
_FRAME = re.compile(r'\s+File "(?P<path>[^"]+)", line (?P<line>\d+)')
_LAST = re.compile(r"[A-Za-z_][\w.]*(?:: |$)")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests; subtests as the test that they are of."""
    for start in range(1, len(lines)):
        if lines[start - 1] == _RULE and (found := _HEADING.match(lines[start])) is not None:
            dashes = end_of(lines, start, _END, 5)
            stop = end_of(lines, dashes, _END, 300)
            yield _test(found, lines, start, dashes + 1, stop)


def _test(found: re.Match[str], lines: Sequence[str], start: int, begin: int, stop: int) -> LoggedTest:
    name, suite = found["name"], found["suite"]
    body = lines[begin:stop]
    frames = [frame for line in body if (frame := _FRAME.match(line)) is not None]
    path, line = (frames[-1]["path"], number(frames[-1]["line"])) if frames else ("", None)
    said = [place for place, text in enumerate(body) if _LAST.match(text)]
    message = message_of(body[said[-1] if said else 0 :])
    return LoggedTest(suite.removesuffix("." + name), name, message, path, line, start, stop - 1)
