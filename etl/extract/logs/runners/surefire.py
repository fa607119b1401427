"""Maven's Surefire and Failsafe: a line for each failing test that ends in `<<< FAILURE!` or `<<< ERROR!`."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import Progress, did_not_end, end_of, left_running, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("<<< FAILURE!", "<<< ERROR!", " in the fork", "The forked VM terminated")

_MARK = r"\s+(?:-- )?Time elapsed: [\d.,]+ s(?:ec)?\s+<<< (?:FAILURE|ERROR)!"
_CLASS = r"(?:[\w$]+\.)*[A-Z][\w$]*"
# 3.x has the whole name, 2.x the method alone below the class's counts, or the class in brackets.
_NEW = re.compile(rf"(?:\[ERROR\] )?(?P<suite>{_CLASS})(?:\.(?P<name>[^.].*?))? --{_MARK}$")
_OLD = re.compile(rf"(?:\[ERROR\] )?(?P<name>[\w$.]+(?:[\[{{].*?)?)(?:\((?P<suite>{_CLASS})\))?{_MARK}$")
_COUNTS = re.compile(
    rf"(?:\[(?:ERROR|WARNING|INFO)\] )?Tests run: \d+.* <<< (?:FAILURE|ERROR)!(?: --? in (?P<suite>{_CLASS}))?$"
)
_RUNNING = re.compile(rf"(?:\[INFO\] )?Running (?P<suite>{_CLASS})$")
_COUNTED = re.compile(r"(?:\[\w+\] )?Tests run: \d+,.*Time elapsed: ")
_RESULTS = re.compile(r"(?:\[INFO\] )?Results ?:$")
# The process that ran tests died, or was ended since it took too long.
_DIED = re.compile(
    r"\[ERROR\] (?:.*: )?(?P<why>The forked VM terminated .*|There was a timeout (?:or other error )?in the fork)"
)
_CRASHED = re.compile(r"\[ERROR\] Crashed tests: ?$")
_LISTED = re.compile(rf"\[ERROR\] (?P<suite>{_CLASS})$")
_RUNS = Progress(begun=_RUNNING, ended=_COUNTED, opened=_RESULTS, closed=re.compile(r"(?!)"))
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
    yield from _crashed(lines)


def _crashed(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Classes whose process died, by Surefire's list or as those that ran; of which test it was, nothing tells."""
    reason = next((died["why"] for line in lines if (died := _DIED.match(line)) is not None), None)
    if reason is None:
        return
    for place, line in enumerate(lines[:-1]):
        if _CRASHED.match(line) and (found := _LISTED.match(lines[place + 1])) is not None:
            yield LoggedTest("", found["suite"], reason, "", None, place, place + 1)
    for place, found in left_running(lines, _RUNS):
        yield did_not_end(lines, place, "", found["suite"])._replace(message=reason, last=place)


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
