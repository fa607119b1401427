"""JUnit reports in every dialect, as a stream of results.

There is no standard, only tools that write what others read. What counts here: the cases (never the
totals that a report claims), what stands right inside them, and their status where nothing does.

Nearly all cases hold nothing, and there are millions: their way from the parser to a result is short.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from sys import getsizeof

from etl.errors import DataError
from etl.extract.junit_case import VERDICTS, Verdict, read_case, short
from etl.extract.xml_stream import XmlLimits, XmlStream, local
from etl.model.results import Content, Outcome, Result

_SUITES = ("testsuite", "testsuites")
_TEXT = "text"
# Rough size of a result beside its strings', and the most that Python takes for a character.
_OVERHEAD, _WIDEST = 350, 4
_SHORT = 256


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds: characters of a message (cut in the middle), nesting, the XML's own, and bytes of a run's results.

    Results are `held` until their run is committed; from `short` on, their messages are short ones.
    """

    message: int = 14 << 10
    short: int = 64 << 20
    held: int = 128 << 20
    depth: int = 200
    xml: XmlLimits = field(default_factory=XmlLimits)


class NotJUnitError(DataError):
    """XML, but of something else."""


def read_report(chunks: Iterable[bytes], content: Content, limits: Limits | None = None) -> None:
    """Add the results of a report to its artifact's in its order, as suites end; cases repeated within a suite are one.

    A report that breaks in the middle adds the cases completed so far, then raises DataError with
    the reason; NotJUnitError where the root is not a JUnit report's.
    """
    report = _Report(content, limits or Limits())
    try:
        report.stream.feed(chunks)
    except DataError:
        report.close_suites()
        raise


@dataclass(slots=True)
class _Suite:
    """An open suite; `name` and `path` are its own or those around it."""

    name: str
    path: str
    results: dict[object, Result] = field(default_factory=dict)
    earlier: dict[object, list[Result]] = field(default_factory=dict)

    def repeated(self, result: Result, *, is_named: bool) -> None:
        """Keep a result whose name has come before; cases without a name are not each other's repetition."""
        key = result.case if is_named else object()
        if is_named:
            self.earlier.setdefault(key, []).append(self.results[key])
        self.results[key] = result

    def close(self) -> Iterable[Result]:
        for key, earlier in self.earlier.items():
            self.results[key] = _last([*earlier, self.results[key]])
        return self.results.values()


class _Report:
    """What is open of a report; results of suites that have ended are added to the content."""

    def __init__(self, content: Content, limits: Limits) -> None:
        self.stream = XmlStream(self._start, self._end, limits.xml)
        self._limits = limits
        self._content = content
        # The open elements outside of a case, the attributes of an open case, the open elements inside it.
        self._open: list[str] = []
        self._suites: list[_Suite] = []
        self._case: dict[str, str] | None = None
        self._inside: list[str] = []
        self._verdicts: list[Verdict] = []
        self._verdict: Verdict | None = None

    def close_suites(self) -> None:
        """Add the results of suites that will not end, too."""
        while self._suites:
            self._close_suite()

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._case is not None:
            self._start_inside(local(tag), attributes)
        elif tag == "testcase" and self._suites:
            self._case = attributes
        else:
            self._start_outside(local(tag), attributes)

    def _end(self, _tag: str) -> None:
        if self._case is None:
            if self._open.pop() in _SUITES:
                self._close_suite()
        elif not self._inside:
            self._close_case(self._case)
        elif self._inside.pop() == _TEXT:
            self.stream.collect(None)

    def _start_outside(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._open and tag not in _SUITES:
            raise NotJUnitError(f"not a JUnit report: its root is <{tag[:50]}>")
        if tag == "testcase":
            self._case = attributes
            return
        if tag in _SUITES:
            self._open_suite(attributes)
        self._push(self._open, tag)

    def _start_inside(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._inside:
            self._verdict = self._told(tag, attributes)
            collected = self._verdict is not None
        else:
            # Surefire puts the text of a repetition one deeper, beside the test's output.
            collected = self._inside[-1] == _TEXT and tag == "stackTrace"
        self.stream.collect(self._verdict.text.add if collected and self._verdict else None)
        self._push(self._inside, _TEXT if collected else tag)

    def _push(self, elements: list[str], tag: str) -> None:
        elements.append(tag)
        if len(self._open) + len(self._inside) > self._limits.depth:
            raise DataError(f"elements are nested more than {self._limits.depth} deep")

    def _told(self, tag: str, attributes: dict[str, str]) -> Verdict | None:
        """What an element right inside the case says about its outcome; None for those that say nothing."""
        if tag not in VERDICTS:
            return None
        limit = self._limits.message if self._content.held < self._limits.short else _SHORT
        verdict = Verdict(tag, attributes, limit)
        # One of a kind tells; a case may hold a thousand.
        if all(known.tag != tag for known in self._verdicts):
            self._verdicts.append(verdict)
        return verdict

    def _open_suite(self, attributes: dict[str, str]) -> None:
        name, path = attributes.get("name", "").strip(), attributes.get("file", "")
        if self._suites:
            around = self._suites[-1]
            name, path = name or around.name, path or around.path
        self._suites.append(_Suite(name, short(path)))

    def _close_suite(self) -> None:
        self._content.results.extend(self._suites.pop().close())

    def _close_case(self, attributes: dict[str, str]) -> None:
        suite, content = self._suites[-1], self._content
        result = read_case(attributes, suite.name, suite.path, self._verdicts)
        self._case = None
        if self._verdicts:
            self._verdicts = []
            content.held += getsizeof(result.message) + getsizeof(result.retried_message)
        case = result.case
        content.held += _OVERHEAD + _WIDEST * (len(case.suite) + len(case.name) + len(result.path))
        if content.held > self._limits.held:
            raise DataError(
                f"the results of the run take more than {self._limits.held} bytes of memory: "
                "the rest is left out (tests.largest_run)"
            )
        if suite.results.setdefault(case, result) is not result:
            suite.repeated(result, is_named=bool(attributes.get("name", "").strip()))


def _last(results: list[Result]) -> Result:
    """The last of a case's repetitions, with the message of the failure that one of them healed."""
    last = results[-1]
    red = [result.message for result in results if result.outcome.is_red]
    if red and any(result.outcome is Outcome.PASSED for result in results):
        return last._replace(retried_message=red[-1])
    within = [result.retried_message for result in results if result.retried_message is not None]
    return last._replace(retried_message=within[-1]) if within else last
