"""XCTest and Swift Testing, by `swift test`, `xcodebuild`, xcpretty and xcbeautify."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import number
from etl.model.logs import LoggedTest

HINTS = (".swift:", "Test Case '", "✘ Test ", "✘ Suite ", "    ✗ ", "    ✖ ", ".m:", ".mm:")

_ERROR = re.compile(
    r"(?P<path>\S.*?\.(?:swift|m|mm)):(?P<line>\d+): error: (?P<test>-\[.+?\]|[\w.]+\.\w+(?:\(\))?) : (?P<message>.*)$"
)
_CASE = re.compile(r"Test Case '(?P<test>[^']+)' failed \([\d.]+ seconds\)\.?$")
_SWIFT = re.compile(
    r"[✘􀢄] Test (?P<name>\"[^\"]+\"|\S+?\(.*?\)) (?:with \d+ test cases? )?failed after [\d.]+ seconds"
)
_ISSUE = re.compile(
    r"[✘􀢄] Test (?P<name>\"[^\"]+\"|\S+?\(.*?\)) recorded an issue .*?at (?P<path>\S+):(?P<line>\d+):\d+: (?P<message>.*)$"
)
_PRETTY_SUITE = re.compile(r"(?P<suite>[A-Z]\w*(?:Tests?|Specs?|Case)\w*)$")
_PRETTY = re.compile(r"    [✗✖] (?P<name>[\w() ]+?), (?P<message>.+)$")
_OBJECTIVE = re.compile(r"-\[(?P<suite>\S+) (?P<name>.+)\]$")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests."""
    suite = ""
    issues: dict[str, LoggedTest] = {}
    for place, line in enumerate(lines):
        if (found := _ERROR.match(line)) is not None:
            path, row = found["path"], number(found["line"])
            yield LoggedTest(*_split(found["test"]), found["message"], path, row, place, place)
        elif (found := _CASE.match(line)) is not None:
            yield LoggedTest(*_split(found["test"]), first=place, last=place)
        elif (found := _ISSUE.match(line)) is not None:
            name, row = found["name"].strip('"'), number(found["line"])
            issues.setdefault(name, LoggedTest("", name, found["message"], found["path"], row, place, place))
        elif (found := _SWIFT.match(line)) is not None:
            name = found["name"].strip('"')
            yield issues.get(name) or LoggedTest("", name, first=place, last=place)
        elif (found := _PRETTY.match(line)) is not None and suite:
            yield LoggedTest(suite, found["name"], found["message"], "", None, place, place)
        elif (found := _PRETTY_SUITE.match(line)) is not None:
            suite = found["suite"]


def _split(test: str) -> tuple[str, str]:
    """`-[Module.Class test]` and `Module.Class.test` → class and test; the module is left out, as reports do not have it."""
    found = _OBJECTIVE.match(test)
    suite, name = (
        (found["suite"], found["name"]) if found else (test.rpartition(".")[0], test.rpartition(".")[2])
    )
    return suite.rpartition(".")[2], name
