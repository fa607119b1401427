"""pytest: its short summary names every failing test; without one, progress and headings do."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import Progress, did_not_end, end_of, left_running, message_of, number
from etl.model.logs import LoggedTest

HINTS = (
    "=== FAILURES ===",
    "short test summary info",
    "::test",
    " FAILED",
    "=== ERRORS ===",
)

_NAMED = r"(?P<path>[^\s:\[\]]+?(?:\.py|\.pyx|\.txt|\.rst|\.md|\.ya?ml))(?:::(?P<name>[^\s\[\]]+(?:\[.*?\](?=\s|$))?))"
_ID = rf"{_NAMED}?"
_SUMMARY = re.compile(r"={3,} short test summary info ={3,}$")
_SUMMARY_END = re.compile(r"={3,} |\d+ (?:failed|passed|error)|!{3,}")
_SUMMARISED = re.compile(
    rf"(?:FAILED|ERROR|SUB-?FAIL(?:ED)?)(?P<sub>[(\[].*?[)\]])? {_ID}(?: <- \S+)?(?: - (?P<message>.*))?$"
)
_PROGRESS = (
    re.compile(rf"(?:\[gw\d+\] )?(?:\[ *\d+%\] )?(?:FAILED|ERROR) {_ID} *$"),
    re.compile(rf"{_ID} (?:FAILED|ERROR)(?: +\[ *\d+%\])?$"),
)
_HEADING = re.compile(r"_{3,} (?:ERROR (?:at (?:setup|teardown) of|collecting) )?(?P<title>\S.*?) _{3,}$")
_HEADING_END = re.compile(r"_{3,} \S.* _{3,}$|={3,} .*={3,}$|-{5,} generated xml|\d+ (?:failed|passed)")
_PLACE = re.compile(r"(?P<path>[^\s:]+\.py):(?P<line>\d+): ?(?:\w+(?:Error|Exception|Exit)?|in .*)?$")
_ERROR_LINE = re.compile(r"E {1,7}\S")
_SESSION = re.compile(r"={3,} (?:test session starts|FAILURES|ERRORS) ={3,}$|collected \d+ items?|rootdir: ")
# With `-v`, a test's name stands there before it runs.
_OUTCOME = r"(?:PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS|RERUN|SUB\w+)\b"
_RUNNING = Progress(
    begun=re.compile(rf"{_NAMED}(?: +(?P<rest>.*))?$"),
    ended=re.compile(rf"(?:{_ID} +|\[gw\d+\] .*)?{_OUTCOME}"),
    opened=re.compile(r"={3,} test session starts ={3,}$"),
    closed=re.compile(r"={3,} |!{3,} |\d+ (?:passed|failed|error|tests? collected)|\[gw\d+\] node down"),
)


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests, each perhaps more than once."""
    if not any(_SESSION.match(line) or _SUMMARY.match(line) for line in lines):
        return
    blocks = _blocks(lines)
    summarised = list(_summarised(lines))
    if summarised:
        yield from (_with_block(test, blocks) for test in summarised)
    else:
        told = [_with_block(test, blocks) for test in _progress(lines)]
        yield from told
        if not told:
            yield from blocks.values()
    for place, found in left_running(lines, _RUNNING):
        test = did_not_end(lines, place, found["path"], found["name"], found["rest"])
        yield test._replace(path=found["path"])


def _summarised(lines: Sequence[str]) -> Iterator[LoggedTest]:
    for start, line in enumerate(lines):
        if _SUMMARY.match(line):
            for place in range(start + 1, end_of(lines, start, _SUMMARY_END, 5_000)):
                if (found := _SUMMARISED.match(lines[place])) is not None:
                    yield _test(found, place, found["message"] or "")


def _progress(lines: Sequence[str]) -> Iterator[LoggedTest]:
    for place, line in enumerate(lines):
        for pattern in _PROGRESS:
            if (found := pattern.match(line)) is not None and found["name"]:
                yield _test(found, place, "")


def _test(found: re.Match[str], place: int, message: str) -> LoggedTest:
    path, name = found["path"], found["name"]
    return LoggedTest(path if name else "", name or path, message, path, None, place, place)


def _blocks(lines: Sequence[str]) -> dict[str, LoggedTest]:
    """What stands below each heading of a failure, by its title."""
    blocks: dict[str, LoggedTest] = {}
    started = False
    for start, line in enumerate(lines):
        if line.startswith("==="):
            started = " FAILURES " in line or " ERRORS " in line
        elif started and (found := _HEADING.match(line)) is not None:
            stop = end_of(lines, start, _HEADING_END, 500)
            blocks.setdefault(found["title"], _block(lines, found["title"], start, stop))
    return blocks


def _block(lines: Sequence[str], title: str, start: int, stop: int) -> LoggedTest:
    body = lines[start + 1 : stop]
    errors = [line[1:] for line in body if _ERROR_LINE.match(line)]
    places = [found for line in body if (found := _PLACE.match(line)) is not None]
    path, line = (places[-1]["path"], number(places[-1]["line"])) if places else ("", None)
    return LoggedTest(path, title.replace(".", "::"), message_of(errors or body), path, line, start, stop - 1)


def _with_block(test: LoggedTest, blocks: dict[str, LoggedTest]) -> LoggedTest:
    """With the whole message, and the place, where the failure is told at length."""
    block = blocks.get(test.name.replace("::", "."))
    if block is None:
        return test
    message = block.message or test.message
    return test._replace(message=message, line=block.line, first=block.first, last=block.last)
