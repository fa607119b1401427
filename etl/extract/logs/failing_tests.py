"""Failing tests that a log names, whatever ran them, also where a wrapper prefixes its lines."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from etl.extract.logs import streams
from etl.extract.logs.runners import (
    bazel,
    cargo,
    ctest,
    dotnet,
    exunit,
    faulthandler,
    ginkgo,
    go,
    googletest,
    gradle,
    jest,
    minitest,
    mocha,
    nextest,
    node_test,
    phpunit,
    playwright,
    pytest,
    robot,
    rspec,
    sbt,
    surefire,
    tap,
    unittest,
    vitest,
    xctest,
)
from etl.model.logs import LoggedTest

MAX_TESTS = 2_000


@dataclass(frozen=True, slots=True)
class Runner:
    """What runs tests: its output has one of the `hints`, and `find` gives the tests that failed."""

    name: str
    hints: tuple[str, ...]
    find: Callable[[Sequence[str]], Iterable[LoggedTest]]


# In this order, a test that two of them name is the first one's.
RUNNERS = tuple(
    Runner(module.__name__.rpartition(".")[2], module.HINTS, module.find)
    for module in (
        pytest, unittest, faulthandler, go, ginkgo, nextest, cargo, playwright, jest, vitest, mocha, node_test, tap, surefire, gradle, sbt,
        dotnet, phpunit, rspec, minitest, exunit, googletest, ctest, bazel, xctest, robot,
    )
)  # fmt: skip


def failing_tests(lines: Sequence[str]) -> list[LoggedTest]:
    """Each failing test once, in the order of the log; `lines` are without times and colours."""
    found = _found(lines)
    for stream in streams.split(lines).values():
        found.extend(_placed(test, stream) for test in _found(stream.texts))
    return sorted(_once(found), key=lambda test: test.first)[:MAX_TESTS]


def _placed(test: LoggedTest, stream: streams.Stream) -> LoggedTest:
    last = min(test.last, len(stream.places) - 1)
    return test._replace(first=stream.places[test.first], last=stream.places[last])


def _found(lines: Sequence[str]) -> list[LoggedTest]:
    """What each runner's module finds."""
    text = "\n".join(lines)
    found = {
        runner.name: list(runner.find(lines))
        for runner in RUNNERS
        if any(hint in text for hint in runner.hints)
    }
    found["googletest"] = _alone(found.get("googletest", []), found.get("ctest", []))
    stacks = found.pop("faulthandler", [])
    for runner in ("pytest", "unittest"):
        found[runner] = [_with_stack(test, stacks) for test in found.get(runner, [])]
    named = {_function(test) for runner in ("pytest", "unittest") for test in found[runner]}
    return [*chain.from_iterable(found.values()), *(one for one in stacks if one.name not in named)]


def _with_stack(test: LoggedTest, stacks: Sequence[LoggedTest]) -> LoggedTest:
    """With what Python wrote where the test ran that the interpreter died in."""
    for stack in stacks:
        if stack.name == _function(test) and test.first <= stack.first <= test.last:
            return test._replace(message=stack.message, path=stack.path, line=stack.line, last=stack.last)
    return test


def _function(test: LoggedTest) -> str:
    """The test's function, without its class and parameters."""
    return test.name.rpartition("::")[2].partition("[")[0]


def _alone(cases: list[LoggedTest], runs: list[LoggedTest]) -> list[LoggedTest]:
    """Without those that CTest ran one by one: it has named them already."""
    within = {
        case: [run for run in runs if run.first <= case.first and case.last <= run.last] for case in cases
    }
    held = defaultdict(set)
    for case, around in within.items():
        for run in around:
            held[run].add(case.full_name)
    return [case for case, around in within.items() if not any(len(held[run]) == 1 for run in around)]


def _once(tests: Iterable[LoggedTest]) -> Iterator[LoggedTest]:
    """Of tests that are told more than once, the one that says most."""
    best: dict[str, LoggedTest] = {}
    for test in tests:
        known = best.get(test.full_name)
        if known is None or len(test.message) > len(known.message):
            best[test.full_name] = test
    names: dict[str, list[str]] = {}
    for test in best.values():
        names.setdefault(test.name, []).append(test.suite)
    for test in best.values():
        if not any(_is_longer(suite, test.suite) for suite in names[test.name]):
            yield test


def _is_longer(suite: str, other: str) -> bool:
    """Whether it is the other with what stands before it: `example.com/shop/basket` of `basket`."""
    return (
        suite != other and suite.endswith(other) and (not other or suite[: -len(other)].endswith(("/", ".")))
    )
