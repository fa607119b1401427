"""`go test -json`, and what `gotestsum --jsonfile` keeps of all its executions.

Source: `go doc test2json`. A package that starts again is a rerun of its failing tests, unless a test ran
again that had not failed. A package that fails with no failing test (its build, its `TestMain`, a panic)
is a result named after the package.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from etl.errors import DataError
from etl.extract.junit_case import Text
from etl.extract.junit_retries import join_retries
from etl.extract.junit_writers import Repeats
from etl.extract.reports.json_text import number, objects, text
from etl.model.results import CaseName, Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etl.extract.reports.sink import Sink

_OUTCOMES = {"pass": Outcome.PASSED, "fail": Outcome.FAILED, "skip": Outcome.SKIPPED, "bench": Outcome.PASSED}
_ACTIONS = {"start", "run", "output", "pause", "cont", "build-output", "build-fail", "attr", *_OUTCOMES}
_NOISE = (
    "=== RUN",
    "=== PAUSE",
    "=== CONT",
    "=== NAME",
    "--- FAIL",
    "--- PASS",
    "--- SKIP",
    "FAIL",
    "PASS",
    "ok ",
    "exit status",
)
_OUTPUT = 4 << 10


def is_event(event: dict[str, Any]) -> bool:
    """Whether an object is an event of `go test -json`."""
    return event.get("Action") in _ACTIONS and ("Package" in event or "ImportPath" in event)


def read(lines: Iterator[str], sink: Sink) -> None:
    """Add the results of all packages."""
    packages: dict[str, _Package] = {}
    builds: dict[str, Text] = {}
    try:
        for event in objects(lines):
            if is_event(event):
                _take(event, packages, builds, sink)
    finally:
        for package in packages.values():
            package.close(sink)


@dataclass(slots=True)
class _Package:
    """A package's executions, each with results by test, and what is open of the last one."""

    name: str
    executions: list[list[Result]] = field(default_factory=lambda: [[]])
    output: dict[str, Text] = field(default_factory=dict)
    ended: bool = False

    def told(self, test: str, sink: Sink) -> str:
        """What a test printed, without Go's own lines."""
        output = self.output.pop(test, None)
        if output is None:
            return ""
        sink.content.held -= _OUTPUT
        return "\n".join(line for line in str(output).splitlines() if not line.lstrip().startswith(_NOISE))

    def close(self, sink: Sink) -> None:
        # Where there is no more memory for these, the others are still told.
        with suppress(DataError):
            if not self.ended:
                self.end_open(sink)
        sink.content.results += _joined(self.executions)

    def end_open(self, sink: Sink) -> None:
        """Tests that began and did not end: the package panicked, or the report is cut off."""
        for test in [test for test in self.output if test]:
            self.executions[-1].append(
                sink.result(self.name, test, Outcome.ERROR, message=self.told(test, sink) or "did not end")
            )


def _take(event: dict[str, Any], packages: dict[str, _Package], builds: dict[str, Text], sink: Sink) -> None:
    action, name, test = event["Action"], text(event.get("Package")), text(event.get("Test"))
    if action == "build-output":
        _print(builds, text(event.get("ImportPath")), event, sink)
    if not name:
        return
    if name not in packages:
        sink.hold(_OUTPUT)
        packages[name] = _Package(name)
    package = packages[name]
    if action == "start" and package.ended:
        package.executions.append([])
        package.ended = False
    elif action in {"run", "output"}:
        _print(package.output, test, event, sink)
    elif action in _OUTCOMES and test:
        outcome, seconds = _OUTCOMES[action], number(event.get("Elapsed"))
        told = package.told(test, sink)
        package.executions[-1].append(sink.result(name, test, outcome, duration_s=seconds, message=told))
    elif action in _OUTCOMES:
        _end(package, event, builds, sink)


def _end(package: _Package, event: dict[str, Any], builds: dict[str, Text], sink: Sink) -> None:
    failed = event["Action"] == "fail"
    if failed:
        package.end_open(sink)
    built = builds.get(text(event.get("FailedBuild")))
    printed = package.told("", sink)
    if failed and not any(result.is_red for result in package.executions[-1]):
        message = str(built) if built else printed
        package.executions[-1].append(sink.result(package.name, package.name, Outcome.ERROR, message=message))
    package.ended = True


def _print(outputs: dict[str, Text], test: str, event: dict[str, Any], sink: Sink) -> None:
    if test not in outputs:
        sink.hold(_OUTPUT)
        outputs[test] = Text(_OUTPUT)
    outputs[test].add(text(event.get("Output")))


def _joined(executions: list[list[Result]]) -> list[Result]:
    """The results of a package; what ran again because it had failed is one result."""
    first, *again = executions
    failed = {result.case for result in first if result.is_red}
    if not again or any(result.case not in failed for later in again for result in later):
        return [result for execution in executions for result in execution]
    # In the order in which tests were first told of.
    results: dict[CaseName, list[Result]] = {}
    for execution in executions:
        for result in execution:
            results.setdefault(result.case, []).append(result)
    repeated = [case for case, own in results.items() if case in failed and len(own) > 1]
    results |= zip(repeated, join_retries([results[case] for case in repeated], Repeats.RERUNS), strict=True)
    return [result for own in results.values() for result in own]
