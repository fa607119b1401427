"""Whether a JUnit report holds what it says: the cases and failures of each suite, and none outside of a case."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from etl.errors import DataError
from etl.extract.xml_stream import XmlLimits, XmlStream, local
from etl.model.results import Result

_SUITES: Final = {"testsuite", "testsuites"}
_RED: Final = {"failure", "error"}
# What gotestsum says of itself, and what it keeps of a Go test's output.
_GO: Final = "go.version"
_PYTEST: Final = "pytest"
_PANIC: Final = "\npanic: "
_Name = tuple[int, str, str, str]


@dataclass(slots=True)
class _Counts:
    """How many cases there are, by elements and by names: writers count repeated ones once or each time."""

    cases: int = 0
    red: int = 0
    names: set[_Name] = field(default_factory=set)
    red_names: set[_Name] = field(default_factory=set)

    def add(self, other: "_Counts") -> None:
        self.cases += other.cases
        self.red += other.red
        self.names |= other.names
        self.red_names |= other.red_names

    def fits(self, tests: int, red: int) -> bool:
        return len(self.names) <= tests <= self.cases and len(self.red_names) <= red <= self.red


@dataclass(slots=True)
class _Suite:
    attributes: dict[str, str]
    own: _Counts = field(default_factory=_Counts)
    below: _Counts = field(default_factory=_Counts)


def check(data: bytes, results: Sequence[Result]) -> None:
    """Raise DataError where the report contradicts itself, or these results of it."""
    census = _Census()
    census.stream.feed([data])
    told = {result.case for result in results if result.is_red or any(one.is_red for one in result.attempts)}
    if len({name[1:] for name in census.all.red_names}) > len(told):
        raise DataError("holds failing cases that its other elements call something else")


class _Census:
    def __init__(self) -> None:
        self.all = _Counts()
        self._open: list[str] = []
        self._suites: list[_Suite] = []
        self._case: _Name = (0, "", "", "")
        self._is_red = False
        self._number = 0
        self._is_go = False
        self._told: list[str] = []
        self.stream = XmlStream(self.start, self.end, XmlLimits())

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name, around = local(tag), self._open[-1] if self._open else ""
        if name in _SUITES:
            if around not in {"", *_SUITES}:
                raise DataError(f"a <{name}> inside of a <{around[:50]}>")
            self._number += 1
            self._suites.append(_Suite(attributes))
        elif name == "testcase":
            self._begin_case(around, attributes)
        elif name in _RED and around in _SUITES:
            suite = self._suites[-1].attributes.get("name", "")
            raise DataError(f"a failure outside of any test, in the suite {suite[:200]!r}")
        elif name in _RED and around == "testcase":
            self._is_red = True
            self.stream.collect(self._told.append if self._is_go else None)
        elif name == "property":
            self._is_go = self._is_go or attributes.get("name") == _GO
        self._open.append(name)

    def _begin_case(self, around: str, attributes: dict[str, str]) -> None:
        if around not in _SUITES:
            raise DataError("a <testcase> outside of a suite")
        if not attributes.get("name", "").strip():
            raise DataError("a <testcase> without a name, as for a failure outside of any test")
        get = attributes.get
        self._case = (self._number, get("classname", ""), get("name", ""), get("file", ""))
        self._is_red, self._told = False, []

    def end(self, _tag: str) -> None:
        name = self._open.pop()
        self.stream.collect(None)
        if name == "testcase":
            if self._is_red:
                self._refuse_outside()
            counts = self._suites[-1].own
            counts.cases += 1
            counts.names.add(self._case)
            if self._is_red:
                counts.red += 1
                counts.red_names.add(self._case)
        elif name in _SUITES:
            self._end_suite(self._suites.pop())

    def _refuse_outside(self) -> None:
        """Some writers make a case of what is none: a file that could not be loaded, a process that ended."""
        _, classname, name, _ = self._case
        suite = self._suites[-1].attributes.get("name", "")
        if name == classname == suite or (not classname and suite == _PYTEST):
            raise DataError(
                f"a failure outside of any test: {name[:200]!r} could not be loaded, or not ended"
            )
        if self._is_go:
            _refuse_crash(name, "\n" + "".join(self._told))

    def _end_suite(self, suite: _Suite) -> None:
        own, all_of_it = suite.own, suite.below
        all_of_it.add(own)
        tests, red = _claimed(suite.attributes)
        what = f"the suite {suite.attributes.get('name', '')[:200]!r}"
        if own.cases and (tests is None or red is None):
            raise DataError(
                f"{what} does not say how many tests and failures it has, so that nobody can tell a hole"
            )
        if tests is not None and not any(one.fits(tests, red or 0) for one in (all_of_it, own)):
            raise DataError(
                f"{what} says that it has {tests} tests and {red or 0} failures, "
                f"and holds {all_of_it.cases} and {all_of_it.red}"
            )
        if tests is None and red and not all_of_it.red:
            raise DataError(f"{what} says that it has {red} failures, and holds none")
        (self._suites[-1].below if self._suites else self.all).add(all_of_it)


def _refuse_crash(test: str, printed: str) -> None:
    """A Go test that ends its process takes with it all that had not run."""
    if _PANIC in printed:
        raise DataError(f"a crash: {test[:200]!r} panicked, and no other test of its package ran after it")
    if "--- FAIL: " not in printed:
        raise DataError(
            f"a crash, or a failure outside of any test: {test[:200]!r} did not end as a test does"
        )


def _claimed(attributes: dict[str, str]) -> tuple[int | None, int | None]:
    """Tests, and failures with errors, as a suite claims them; None where it does not."""
    tests, failures, errors = (_number(attributes, name) for name in ("tests", "failures", "errors"))
    return tests, None if failures is None else failures + (errors or 0)


def _number(attributes: dict[str, str], name: str) -> int | None:
    if name not in attributes:
        return None
    value = attributes[name].strip()
    if not (value.isascii() and value.isdigit() and len(value) < 10):  # noqa: PLR2004
        raise DataError(f"{name}={value[:50]!r} is no number")
    return int(value)
