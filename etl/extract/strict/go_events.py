"""Whether the events of `go test -json` are complete: what began has ended, and each package as `testing` ends it."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

from etl.errors import DataError
from etl.extract.reports.go_json import is_event
from etl.extract.reports.json_text import first_objects, text, text_of
from etl.extract.strict.json_totals import unique

_ENDS: Final = {"pass", "fail", "skip"}
_OTHERS: Final = {"start", "run", "output", "pause", "cont", "build-output", "build-fail", "attr", "bench"}
_KNOWN: Final = _ENDS | _OTHERS
_VERDICT: Final = re.compile(r"\s*--- (PASS|FAIL|SKIP): (\S+) \(")


@dataclass(slots=True)
class _Package:
    open: set[str] = field(default_factory=set)
    ended: dict[str, str] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    printed: set[str] = field(default_factory=set)
    end: str = ""


def is_first(head: str) -> bool:
    """Whether a report begins with such events."""
    return any(map(is_event, first_objects(head, 1)))


def check(data: bytes) -> None:
    """Raise DataError with what is missing or wrong."""
    if not data.endswith(b"\n"):
        raise DataError("cut off: its last line has no end")
    packages: dict[str, _Package] = {}
    for number, line in enumerate(text_of(data).split("\n"), 1):
        if line.strip():
            _take(_event(line, number), packages, number)
    for name, package in packages.items():
        if not package.end:
            raise DataError(f"cut off: the package {name[:200]!r} does not end")


def _event(line: str, number: int) -> dict[str, Any]:
    try:
        event = json.loads(line, object_pairs_hook=unique)
    except (ValueError, RecursionError):
        raise DataError(f"line {number} is no event of `go test -json`") from None
    if not isinstance(event, dict) or event.get("Action") not in _KNOWN or not is_event(event):
        raise DataError(f"line {number} is no event of `go test -json`")
    return event


def _take(event: dict[str, Any], packages: dict[str, _Package], number: int) -> None:
    action, name, test = event["Action"], text(event.get("Package")), text(event.get("Test"))
    if action in {"build-output", "build-fail"}:
        if action == "build-fail":
            what = text(event.get("ImportPath"))[:200]
            raise DataError(f"a failure outside of any test: {what!r} does not build")
        return
    package = packages.get(name)
    if action == "start":
        if package is not None:
            raise DataError(f"the package {name[:200]!r} begins twice, in line {number} again")
        packages[name] = _Package()
    elif package is None or package.end:
        raise DataError(f"line {number} is of the package {name[:200]!r}, which is not running there")
    elif test:
        _of_test(action, event, package, number)
    else:
        _of_package(action, event, name, package)


def _of_test(action: str, event: dict[str, Any], package: _Package, number: int) -> None:
    test = text(event.get("Test"))
    if action == "run":
        if test in package.open or test in package.ended:
            raise DataError(f"the test {test[:200]!r} runs twice, in line {number} again")
        package.open.add(test)
        return
    if test not in package.open:
        raise DataError(f"line {number} is of the test {test[:200]!r}, which is not running there")
    if action in _ENDS:
        package.open.remove(test)
        package.ended[test] = action
        if package.told.get(test, action) != action:
            raise DataError(
                f"line {number} says {action} of {test[:200]!r}, whose output says {package.told[test]}"
            )
    else:
        _hear(test, text(event.get("Output")), package)


def _hear(test: str, printed: str, package: _Package) -> None:
    """Go says how a test ended in its output as well as in an event."""
    if printed.startswith("panic: "):
        raise DataError(f"a crash: {test[:200]!r} panicked, and no other test of its package ran after it")
    if (match := _VERDICT.match(printed)) and match[2] == test:
        package.told[test] = match[1].lower()


def _of_package(action: str, event: dict[str, Any], name: str, package: _Package) -> None:
    if action == "output":
        package.printed.add(text(event.get("Output")).strip("\n"))
        return
    if action not in _ENDS:
        return
    package.end = action
    if package.open:
        raise DataError(f"a crash: {min(package.open)[:200]!r} of {name[:200]!r} did not end")
    red = "fail" in package.ended.values()
    if red != (action == "fail"):
        told = "outside of any test: the package" if action == "fail" else "that its package does not have:"
        raise DataError(f"a failure {told} {name[:200]!r}")
    # `testing` prints these when all tests have run; a process that was ended prints none.
    if red and "FAIL" not in package.printed:
        raise DataError(f"a crash: the package {name[:200]!r} ended before its tests had")
