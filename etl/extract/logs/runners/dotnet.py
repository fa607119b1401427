"""`dotnet test` (VSTest): xUnit, NUnit and MSTest have the same lines there."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("Error Message:", " [FAIL]", "failed with")

_FAILED = re.compile(
    r"\s*(?:Failed|X|failed) (?P<name>\S.*?)(?: (?:\[(?:< )?[\d.,]+ ?m?s(?: \d+ ?m?s)?\]|\([\d.,]+m?s\)))$"
)
_XUNIT = re.compile(r"\[xUnit\.net [\d:.]+\]\s+(?P<name>\S.*) \[FAIL\]$")
_SAYS = re.compile(r"\s*Error Message:$")
_END = re.compile(
    r"\s*(?:Failed|Passed|Skipped|X|V|!) \S.* \[|\s*(?:Stack Trace|Standard Output Messages|Failed!|Passed!|Total tests|Test Run)\b|\[xUnit"
)
_PLACE = re.compile(r"\s+at .* in (?P<path>.+):line (?P<line>\d+)$")
_NAME = re.compile(r"(?P<suite>(?:[\w`+]+\.)+)(?P<name>[\w`+]+(?:<.*>)?(?:\(.*\))?)$")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests; with a message below, or marked as xUnit runs them."""
    for place, line in enumerate(lines):
        if (found := _XUNIT.match(line)) is not None:
            yield _test(lines, place, place + 1, found["name"])
        elif (
            (found := _FAILED.match(line)) is not None
            and place + 1 < len(lines)
            and _SAYS.match(lines[place + 1])
        ):
            yield _test(lines, place, place + 2, found["name"])


def _test(lines: Sequence[str], place: int, begin: int, name: str) -> LoggedTest:
    stop = end_of(lines, begin - 1, _END, 60)
    near = lines[begin : stop + 20]
    at = next((at for text in near if (at := _PLACE.match(text)) is not None), None)
    split = _NAME.match(name)
    suite, name = (split["suite"].rstrip("."), split["name"]) if split else ("", name)
    path, line = (at["path"], number(at["line"])) if at else ("", None)
    return LoggedTest(suite, name, message_of(lines[begin:stop]), path, line, place, stop - 1)
