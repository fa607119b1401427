"""Playwright: the summary `N failed` names what failed in the end; without it, the numbered messages do."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = (" › ",)

_TITLE = r"(?:\[[^\]]+\] › )?(?P<path>[^\s›]+\.[cm]?[jt]sx?)(?::(?P<line>\d+):\d+)? › (?P<name>.*?)[ ─]*$"
_MESSAGE = re.compile(rf"  (?:\d+)\) {_TITLE}")
_COUNT = re.compile(r"  \d+ (?P<what>failed|flaky|skipped|interrupted|passed|did not run)\b")
_LISTED = re.compile(rf"    {_TITLE}")
_END = re.compile(
    r"  \d+\) (?:\[|\S+\.[cm]?[jt]sx?(?::\d+:\d+)? ?›)|  \d+ (?:failed|flaky|passed|skipped)\b|\[\d+/\d+\]|    Retry #\d"
)


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests; one that passed on a retry is not."""
    told: dict[tuple[str, str], LoggedTest] = {}
    for place, line in enumerate(lines):
        if (found := _MESSAGE.match(line)) is not None:
            test = _test(lines, place, found)
            told.setdefault((test.suite, test.name), test)
    listed = list(_listed(lines))
    if listed:
        yield from (told.get((test.suite, test.name), test) for test in listed)
    elif not any(_COUNT.match(line) for line in lines):
        yield from told.values()


def _listed(lines: Sequence[str]) -> Iterator[LoggedTest]:
    what = ""
    for place, line in enumerate(lines):
        if (count := _COUNT.match(line)) is not None:
            what = count["what"]
        elif what in {"failed", "interrupted"} and (found := _LISTED.match(line)) is not None:
            yield _named(found, place)
        else:
            what = ""


def _test(lines: Sequence[str], place: int, found: re.Match[str]) -> LoggedTest:
    stop = end_of(lines, place, _END, 80)
    return _named(found, place)._replace(message=message_of(lines[place + 1 : stop]), last=stop - 1)


def _named(found: re.Match[str], place: int) -> LoggedTest:
    return LoggedTest(found["path"], found["name"], "", found["path"], number(found["line"]), place, place)
