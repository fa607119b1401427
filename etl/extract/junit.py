"""JUnit reports in every dialect, as a stream of results.

There is no standard, only tools that write what others read. What counts here: the cases (never the
totals that a report claims), what stands right inside them, and their status where nothing does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from sys import getsizeof

from etl.errors import DataError
from etl.extract.junit_case import Case, Verdict
from etl.extract.results import Outcome, Result
from etl.extract.xml_stream import XmlLimits, XmlStream

_SUITES = ("testsuite", "testsuites")
_TEXT = "text"
# Rough size of a result beside its strings.
_OVERHEAD = 250
_SHORT = 256


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a report: characters of a message (cut in the middle), bytes of results held, the XML's own.

    Results are held until their suite is complete, since a later one may be their retry.
    """

    message: int = 16 << 10
    held: int = 128 << 20
    xml: XmlLimits = field(default_factory=XmlLimits)


class NotJUnitError(DataError):
    """XML, but of something else."""


def read_report(chunks: Iterable[bytes], limits: Limits | None = None) -> Iterator[Result]:
    """Results of a report in its order, as each suite ends; cases repeated within a suite are one.

    A report that breaks in the middle gives the cases completed so far, then raises DataError with
    the reason; NotJUnitError where the root is not a JUnit report's.
    """
    report = _Report(limits or Limits())
    try:
        for _ in report.stream.feed(chunks):
            yield from report.take()
        yield from report.take()
    except DataError:
        yield from report.take_rest()
        raise


@dataclass(slots=True)
class _Suite:
    """An open suite; `name` and `path` are its own or those around it."""

    name: str = ""
    path: str = ""
    results: dict[object, Result] = field(default_factory=dict)
    earlier: dict[object, list[Result]] = field(default_factory=dict)
    held: int = 0

    def add(self, key: object, result: Result) -> None:
        if key in self.results:
            self.earlier.setdefault(key, []).append(self.results[key])
        self.results[key] = result

    def close(self) -> Iterable[Result]:
        for key, earlier in self.earlier.items():
            self.results[key] = _last([*earlier, self.results[key]])
        return self.results.values()


class _Report:
    """What is open, and what is complete but not yet taken."""

    def __init__(self, limits: Limits) -> None:
        self.stream = XmlStream(self._start, self._end, limits.xml)
        self._limits = limits
        self._ready: list[Result] = []
        self._held = 0
        # One entry per open element: what it is.
        self._open: list[str] = []
        self._suites: list[_Suite] = []
        self._case: Case | None = None
        self._verdict: Verdict | None = None

    def take(self) -> list[Result]:
        """The results of suites that have ended."""
        ready, self._ready = self._ready, []
        return ready

    def take_rest(self) -> list[Result]:
        """The results of suites that will not end, too."""
        while self._suites:
            self._close_suite()
        return self.take()

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._open and tag not in _SUITES:
            raise NotJUnitError(f"not a JUnit report: its root is <{tag[:50]}>")
        if self._case:
            tag = self._inside_case(self._case, tag, attributes)
        elif tag in _SUITES:
            self._open_suite(attributes)
        elif tag == "testcase":
            self._open_case(attributes)
        else:
            tag = ""
        self._open.append(tag)

    def _end(self) -> None:
        tag = self._open.pop()
        if tag == _TEXT:
            self.stream.collect(None)
        elif tag == "testcase":
            self._close_case()
        elif tag in _SUITES:
            self._close_suite()

    def _inside_case(self, case: Case, tag: str, attributes: dict[str, str]) -> str:
        """What the element is: _TEXT where its text belongs to a message."""
        if self._open[-1] == "testcase":
            self._verdict = case.verdict(tag, attributes)
            collected = self._verdict is not None
        else:
            # Surefire puts the text of a repetition one deeper, beside the test's output.
            collected = self._open[-1] == _TEXT and tag == "stackTrace"
        self.stream.collect(self._verdict.text.add if collected and self._verdict else None)
        return _TEXT if collected else ""

    def _open_suite(self, attributes: dict[str, str]) -> None:
        around = self._suites[-1] if self._suites else _Suite()
        name = attributes.get("name", "").strip()
        self._suites.append(_Suite(name or around.name, attributes.get("file") or around.path))

    def _close_suite(self) -> None:
        suite = self._suites.pop()
        self._held -= suite.held
        self._ready.extend(suite.close())

    def _open_case(self, attributes: dict[str, str]) -> None:
        around = self._suites[-1]
        limit = self._limits.message if self._held < self._limits.held // 2 else _SHORT
        self._case = Case(attributes, around.name, around.path, limit)

    def _close_case(self) -> None:
        case, suite = self._case, self._suites[-1]
        assert case
        self._case = self._verdict = None
        result = case.result()
        # Cases without a name are not each other's repetition.
        suite.add((result.suite, result.name) if case.name else object(), result)
        self._count(suite, result)

    def _count(self, suite: _Suite, result: Result) -> None:
        size = _OVERHEAD + getsizeof(result.suite) + getsizeof(result.name)
        if result.message or result.path or result.retried_message:
            strings = (result.message, result.path, result.retried_message or "")
            size += sum(map(getsizeof, strings))
        suite.held += size
        self._held += size
        if self._held > self._limits.held:
            raise DataError(f"its open suites hold more than {self._limits.held} bytes of results")


def _last(results: list[Result]) -> Result:
    """The last of a case's repetitions, with the message of the failure that one of them healed."""
    last = results[-1]
    red = [result.message for result in results if result.outcome.is_red]
    if red and any(result.outcome is Outcome.PASSED for result in results):
        return last._replace(retried_message=red[-1])
    within = [result.retried_message for result in results if result.retried_message is not None]
    return last._replace(retried_message=within[-1]) if within else last
