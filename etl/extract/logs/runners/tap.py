"""The Test Anything Protocol: Bats, Perl's Test::More, tape, node-tap, node:test and Mocha as TAP."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = ("not ok ", " ✗ ", "#   Failed test", "(Wstat: ")

_PLAN = re.compile(r"\s*(?:TAP version 1[34]|\d+\.\.\d+(?: #.*)?)$")
_FAILED = re.compile(
    r"(?P<indent>\s*)not ok(?: (?P<number>\d+))?(?: (?:- )?(?P<name>.*?))?(?P<directive>\s+# (?i:(?:todo|skip)\b).*)?$"
)
_TIME = re.compile(r"\s+(?:# (?:time=|timeout after ).*|in \d+m?s(?:ec)?|\{)$")
_END = re.compile(
    r"\s*(?:not )?ok\b|\s*\d+\.\.\d+|# (?:tests|pass|fail|Subtest)|Dubious, |(?:Failed \d+/\d+|All \d+) subtests"
)
_PRETTY = re.compile(r" ✗ (?P<name>\S.*?)(?: \[(?:\d+|timeout: \d+s)\])*$")
_PRETTY_END = re.compile(r" [✓✗-] |\d+ tests, ")
_BATS = re.compile(r"   \((?:in test|from function .* in test) file (?P<path>[^,]+), line (?P<line>\d+)")
_SCRIPT = re.compile(r"(?P<path>\S+)\s+\(Wstat: [1-9]\d*(?:.* Tests: \d+ Failed: 0\)| \(Signal: .*\))$")
_RESULT = re.compile(r"Result: FAIL$|Test Summary Report$")
_DIAGNOSED = re.compile(r"\s*#   Failed test(?: '(?P<name>.*)'| at (?P<path>\S+) line (?P<line>\d+)\.)$")
_PERL = re.compile(r"\s*#   at (?P<path>\S+) line (?P<line>\d+)\.$")
_SAID = re.compile(r"\s*(?:duration_ms|location|type|failureType): ")
_PLACE = re.compile(
    r"#\s+\((?:in test|from function).* file (?P<bats>[^,]+), line (?P<line>\d+)\)|#\s+at (?P<perl>\S+) line (?P<number>\d+)"
    r"|\s+location: '(?P<node>.+):(?P<row>\d+):\d+'|\s+(?:at|file): .*?(?P<tape>[^\s()]+):(?P<col>\d+):\d+\)?$"
)


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests, also those that hold failing ones; a test without a name is called by its number."""
    told = False
    for place, line in enumerate(lines) if any(_PLAN.match(line) for line in lines) else ():
        found = _FAILED.match(line)
        if found is not None and not found["directive"]:
            told = True
            yield _test(lines, place, found)
    yield from _harnessed(lines, named=told)
    for place, line in enumerate(lines[:-1]):
        if (found := _PRETTY.match(line)) is not None and (at := _BATS.match(lines[place + 1])) is not None:
            stop = end_of(lines, place, _PRETTY_END, 40)
            message = message_of(lines[place + 1 : stop])
            yield LoggedTest("", found["name"], message, at["path"], number(at["line"]), place, stop - 1)


def _harnessed(lines: Sequence[str], *, named: bool) -> Iterator[LoggedTest]:
    """What `prove` says: tests that the script told of, and scripts that died or failed without a failing test."""
    if not any(_RESULT.match(line) for line in lines):
        return
    for place, line in enumerate(lines):
        if (found := _SCRIPT.match(line)) is not None:
            yield LoggedTest("", found["path"], line, found["path"], None, place, place)
        elif not named and (found := _DIAGNOSED.match(line)) is not None:
            at = _PERL.match(lines[place + 1]) if place + 1 < len(lines) else None
            row = at["line"] if at else found["line"]
            path = at["path"] if at else found["path"]
            name = found["name"] or f"line {row}"
            yield LoggedTest(
                "",
                name,
                message_of(
                    text.lstrip(" #")
                    for text in lines[place + 2 : place + 6]
                    if text.lstrip().startswith("#")
                ),
                path or "",
                number(row),
                place,
                place + 5,
            )


def _test(lines: Sequence[str], place: int, found: re.Match[str]) -> LoggedTest:
    stop = end_of(lines, place, _END, 60)
    body = lines[place + 1 : stop]
    at = next((at for text in body if (at := _PLACE.match(text)) is not None), None)
    path = (at["bats"] or at["perl"] or at["node"] or at["tape"]) if at else ""
    line = number(at["line"] or at["number"] or at["row"] or at["col"]) if at else None
    name = _TIME.sub("", found["name"] or "").replace("\\#", "#") or found["number"] or "?"
    message = message_of(
        text.lstrip(" #") for text in body if text.strip() not in {"---", "..."} and not _SAID.match(text)
    )
    return LoggedTest("", name, message, path, line, place, stop - 1)
