"""Gradle: `Class > test FAILED`, and what was thrown below it."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import Progress, did_not_end, end_of, left_running, message_of, number
from etl.model.logs import LoggedTest

HINTS = (" FAILED", " STARTED")

_TEST = r"(?:Gradle Test Run :\S+ > Gradle Test Executor \d+ > )?(?P<suite>[\w.$]+(?: > [^>\n]+?)*?) > (?P<name>\S.*)"
_FAILED = re.compile(rf"{_TEST} FAILED$")
# Where `testLogging` shows it, what began to run before its process died.
_RUNNING = Progress(
    begun=re.compile(rf"{_TEST} STARTED$"),
    ended=re.compile(r".* > .* (?:PASSED|FAILED|SKIPPED)$"),
    opened=re.compile(r"> Process 'Gradle Test Executor \d+' finished with non-zero exit value"),
    closed=re.compile(r"\d+ tests? completed|BUILD (?:SUCCESSFUL|FAILED)"),
)
_END = re.compile(r"\S")
_PLACE = re.compile(r"\s+.*?\bat (?:.*\()?(?P<path>\w+\.(?:java|kt|groovy|scala)):(?P<line>\d+)\)?$")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests; nested classes and parameters are part of the name."""
    for place, line in enumerate(lines):
        if line.endswith(" FAILED") and (found := _FAILED.match(line)) is not None:
            stop = end_of(lines, place, _END, 80)
            if _is_thrown(lines, place):
                yield _test(lines, place, stop, found)
    for place, found in left_running(lines, _RUNNING):
        yield did_not_end(lines, place, found["suite"], found["name"])


def _is_thrown(lines: Sequence[str], place: int) -> bool:
    """Gradle puts what was thrown below every failure, further to the right."""
    return place + 1 < len(lines) and lines[place + 1].startswith("    ")


def _test(lines: Sequence[str], place: int, stop: int, found: re.Match[str]) -> LoggedTest:
    body = lines[place + 1 : stop]
    at = next((at for text in body if (at := _PLACE.match(text)) is not None), None)
    said = [text for text in body if not text.lstrip().startswith("at ")]
    path, line = (at["path"], number(at["line"])) if at else ("", None)
    return LoggedTest(found["suite"], found["name"], message_of(said), path, line, place, stop - 1)
