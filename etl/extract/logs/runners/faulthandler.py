"""Python's faulthandler: the test that ran when the interpreter died, in pytest, unittest and what calls them."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import message_of, number
from etl.model.logs import LoggedTest

HINTS = ("Fatal Python error", "Timeout +", "Timeout (")

_CRASH = re.compile(r".*(?:Fatal Python error: (?P<error>.+)|(?<!\+)\++ Timeout \++)$")
# Said of a test that takes long; the test may go on and pass.
_DUMPED = re.compile(r".*(?P<error>Timeout \(\d+:\d\d:\d\d(?:\.\d+)?\))!$")
_CLOSED = re.compile(r"={3,} .* in [\d.]+s\b|Ran \d+ tests? in ")
_FRAME = re.compile(r'\s+File "(?P<path>[^"]+)", line (?P<line>\d+),? in (?P<name>test\w*)$')
_ROOT = re.compile(r"rootdir: (?P<root>[^,]+)")
_MAX_FRAMES = 150
# Python has the innermost frame first, pytest-timeout has it last.
_INNER_FIRST = "(most recent call first)"
_SHOWN = 6


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """The innermost frame that has a test's name, below each report of a crash."""
    root = next((found["root"] for line in lines if (found := _ROOT.match(line)) is not None), "")
    closed = max((place for place, line in enumerate(lines) if _CLOSED.match(line)), default=-1)
    for start, line in enumerate(lines):
        crash = _CRASH.match(line) or (_DUMPED.match(line) if start > closed else None)
        if crash is not None:
            yield from _running(lines, start, root, crash["error"] or "Timeout")


def _running(lines: Sequence[str], start: int, root: str, error: str) -> Iterator[LoggedTest]:
    for place in range(start + 1, min(len(lines), start + _MAX_FRAMES)):
        if (found := _FRAME.match(lines[place])) is not None:
            path = found["path"]
            inside = path.removeprefix(f"{root}/") if root else path
            # Without pytest's root nothing tells where in the repository the file is.
            suite = inside.rpartition("/")[2] if inside.startswith("/") else inside
            message = message_of([error, *_inner(lines, start, place)])
            yield LoggedTest(suite, found["name"], message, inside, number(found["line"]), start, place)
            return


def _inner(lines: Sequence[str], start: int, place: int) -> Sequence[str]:
    """Of the stack below `start`, the test's frame at `place` and those that it called."""
    heading = max((at for at in range(start, place) if _INNER_FIRST in lines[at]), default=None)
    if heading is not None:
        return lines[max(heading + 1, place + 1 - _SHOWN) : place + 1]
    return lines[place : place + _SHOWN]
