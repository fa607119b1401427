"""Maven's Surefire and Failsafe: a line for each failing test that ends in `<<< FAILURE!` or `<<< ERROR!`."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("<<< FAILURE!", "<<< ERROR!")

_MARK = r"\s+(?:-- )?Time elapsed: [\d.,]+ s(?:ec)?\s+<<< (?:FAILURE|ERROR)!"
_CLASS = r"(?:[\w$]+\.)*[A-Z][\w$]*"
# 3.x has the whole name, 2.x the method alone below the class's counts, or the class in brackets.
_NEW = re.compile(rf"(?:\[ERROR\] )?(?P<suite>{_CLASS})(?:\.(?P<name>[^.].*?))? --{_MARK}$")
_OLD = re.compile(rf"(?:\[ERROR\] )?(?P<name>[\w$.]+(?:[\[{{].*?)?)(?:\((?P<suite>{_CLASS})\))?{_MARK}$")
_COUNTS = re.compile(
    rf"(?:\[(?:ERROR|WARNING|INFO)\] )?Tests run: \d+.* <<< (?:FAILURE|ERROR)!(?: --? in (?P<suite>{_CLASS}))?$"
)
_RUNNING = re.compile(rf"(?:\[INFO\] )?Running (?P<suite>{_CLASS})$")
_END = re.compile(r"(?:\[\w+\] ?)(?:\S|$)|Tests run: |Running |\S.*<<< |Results ?:$")
_PLACE = re.compile(r"\s+at .*\((?P<path>\w+\.(?:java|kt|groovy|scala)):(?P<line>\d+)\)$")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests; a class that could not be set up is one, without a method."""
    suite = ""
    for place, line in enumerate(lines):
        if (found := _COUNTS.match(line)) is not None:
            suite = found["suite"] or suite
        elif "<<<" not in line:
            suite = found["suite"] if (found := _RUNNING.match(line)) is not None else suite
        elif (found := _NEW.match(line) or _OLD.match(line)) is not None:
            yield _test(lines, place, found, suite)


def _test(lines: Sequence[str], place: int, found: re.Match[str], suite: str) -> LoggedTest:
    suite, name = found["suite"] or suite, found["name"] or ""
    if not name or name == suite:
        suite, name = "", suite or name
    stop = end_of(lines, place, _END, 120)
    body = lines[place + 1 : stop]
    simple = suite.rpartition(".")[2].partition("$")[0]
    at = next((at for text in body if (at := _PLACE.match(text)) and at["path"].startswith(simple)), None)
    said = [text for text in body if not text.lstrip().startswith(("at ", "... "))]
    path, line = (at["path"], number(at["line"])) if at else ("", None)
    return LoggedTest(suite, name, message_of(said), path, line, place, stop - 1)
