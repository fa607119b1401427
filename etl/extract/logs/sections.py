"""Which part of a log the failed step wrote.

By the step's times where they are known; else by what CI services write where a command failed. Sources:
Travis' `travis-build` (`The command … exited with …`), GitHub's runner (`##[group]Run …`, `##[error]`).
"""

import re
from collections.abc import Iterator, Sequence

from etl.model.logs import Line

_TRAVIS = re.compile(
    r'^The command ".*" (?:exited with (\d+)|failed and exited with (\d+) during|failed 3 times)'
)
_TRAVIS_COMMAND = re.compile(r"^\$ \S")
_RUN = "Run "


def failed_step(lines: Sequence[Line], started: str = "", ended: str = "") -> Sequence[Line]:
    """The lines of the failed step, `started` and `ended` its times in ISO 8601; all, where nothing tells."""
    if started and ended:
        timed = [line for line in lines if line.time and started[:19] <= line.time[:19] <= ended[:19]]
        if timed:
            first, last = timed[0].number, timed[-1].number
            return [line for line in lines if first <= line.number <= last]
    return _marked(lines) or _commanded(lines) or lines


def _marked(lines: Sequence[Line]) -> Sequence[Line]:
    """From the beginning of the step that wrote the first `##[error]` to the last of them."""
    errors = [place for place, line in enumerate(lines) if line.mark == "error"]
    if not errors:
        return ()
    first = errors[0]
    steps = (
        place
        for place in range(first, -1, -1)
        if lines[place].mark == "group" and lines[place].text.startswith(_RUN)
    )
    return lines[next(steps, 0) : errors[-1] + 1]


def _commanded(lines: Sequence[Line]) -> Sequence[Line]:
    """What failed commands wrote."""
    return [line for first, last in _failed_commands(lines) for line in lines[first : last + 1]]


def _failed_commands(lines: Sequence[Line]) -> Iterator[tuple[int, int]]:
    first = 0
    for place, line in enumerate(lines):
        if _TRAVIS_COMMAND.match(line.text):
            first = place
        elif (found := _TRAVIS.match(line.text)) is not None:
            if "0" not in {found[1], found[2]}:
                yield first, place
            first = place + 1
