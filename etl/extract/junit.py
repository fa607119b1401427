"""JUnit reports in every dialect, as a stream of results.

There is no standard, only tools that write what others read. What counts here: the cases (never the
totals that a report claims), what stands right inside them, and their status where nothing does.

Nearly all cases hold nothing, and there are millions: their way from the parser to a result is short.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from sys import getsizeof

from etl.errors import DataError
from etl.extract.junit_case import VERDICTS, Around, Text, Verdict, outside_case, read_case, short
from etl.extract.junit_results import Results
from etl.extract.junit_suite import Suite
from etl.extract.junit_writers import (
    UNKNOWN,
    says_nothing,
    writer_of_case,
    writer_of_name,
    writer_of_property,
    writer_of_suite,
)
from etl.extract.xml_repair import Repair
from etl.extract.xml_stream import XmlLimits, XmlStream, local
from etl.model.results import Content, Outcome, Result
from etl.model.text import WITHIN

SUITES = ("testsuite", "testsuites")
_FAILURES = ("failure", "error")
_OUTPUTS = ("system-out", "system-err")
_TEXT = "text"
# A member of an enumeration takes longer to look up.
_PASSED = Outcome.PASSED
# Rough size of a result beside its strings', and the most that Python takes for a character.
_OVERHEAD, _WIDEST = 350, 4
_SHORT = 256
# Characters of what a case printed that tell why it failed, and in which Ginkgo tells of retries.
_OUTPUT, _TIMELINE = 2 << 10, 64 << 10
_OUTSIDE = 20


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
    """XML, but of something else: `root` is its root element."""

    def __init__(self, root: str) -> None:
        super().__init__(f"not a JUnit report: its root is <{root[:50]}>")
        self.root = root


def read_report(
    chunks: Iterable[bytes], content: Content, limits: Limits | None = None, *, repair: bool = False
) -> int:
    """Add the results of a report to its artifact's, in its order; how many places were repaired, with `repair`.

    A report that breaks in the middle adds the cases completed so far, then raises DataError with the
    reason and with how much is lost: NotWellFormedError where `repair` may help. NotJUnitError where
    the root is not a JUnit report's.
    """
    limits = limits or Limits()
    report = _Report(content, limits)
    repairing = Repair(limits.xml.token) if repair else None
    try:
        report.stream.feed(chunks, repair=repairing)
    except NotJUnitError:
        raise
    except DataError as error:
        report.cut_off()
        raise type(error)(f"{error}{report.lost()}") from None
    finally:
        report.close()
    return repairing.repairs if repairing else 0


class _Report:
    """What is open of a report; its results are added to the content at its end."""

    def __init__(self, content: Content, limits: Limits) -> None:
        self.stream = XmlStream(self._start, self._end, limits.xml, _refuse_other)
        self._limits = limits
        self._content = content
        self._results = Results()
        self._claimed = 0
        # The open elements outside of a case, the attributes of an open case, the open elements inside it.
        self._open: list[str] = []
        self._suites: list[Suite] = []
        self._case: dict[str, str] | None = None
        self._inside: list[str] = []
        self._verdicts: list[Verdict] = []
        self._verdict: Verdict | None = None
        self._output: Text | None = None

    def close(self) -> None:
        """Add the results."""
        self._content.results += self._results.joined()

    def cut_off(self) -> None:
        """Keep the failures of what will not end: a case that is known to have failed, and what stands in suites."""
        with suppress(DataError):
            if self._case is not None and any(VERDICTS[verdict.tag].is_red for verdict in self._verdicts):
                self._close_case(self._case)
            while self._suites:
                suite = self._suites.pop()
                for verdict in suite.verdicts:
                    self._add(outside_case(suite.around, verdict, ""), suite, {})

    def lost(self) -> str:
        """How much of a broken report is lost, as far as it tells."""
        read = len(self._results)
        claimed = f" of {self._claimed} that it claims" if self._claimed > read else ""
        return f" ({read} results were read{claimed})"

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._case is not None:
            self._start_inside(local(tag), attributes)
        elif tag == "testcase" and self._suites:
            self._case = attributes
        else:
            self._start_outside(local(tag), attributes)

    def _end(self, _tag: str) -> None:
        if self._case is None:
            self._end_outside(self._open.pop())
        elif not self._inside:
            self._close_case(self._case)
        elif self._inside.pop() == _TEXT:
            self.stream.collect(None)

    def _start_outside(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._open and tag not in SUITES:
            raise NotJUnitError(tag)
        if tag == "testcase":
            self._case = attributes
            return
        if tag in SUITES:
            self._open_suite(attributes, is_root=tag == "testsuites")
        elif self._open[-1] in SUITES:
            self._told_outside(tag, attributes)
        elif tag == "property" and self._open[-1] == "properties":
            suite = self._suites[-1]
            suite.writer = writer_of_property(*_pair(attributes)) or suite.writer
        self._push(self._open, tag)

    def _end_outside(self, tag: str) -> None:
        if tag in SUITES:
            self._close_suite()
        elif self._open and self._open[-1] in SUITES:
            self.stream.collect(None)

    def _told_outside(self, tag: str, attributes: dict[str, str]) -> None:
        """A failure outside of any case, or what a suite printed that claims one."""
        suite = self._suites[-1]
        if tag in _FAILURES:
            verdict = Verdict(tag, attributes, self._longest())
            suite.verdicts = [*suite.verdicts, verdict][:_OUTSIDE]
            self.stream.collect(verdict.text.add)
        elif tag in _OUTPUTS and suite.failures + suite.errors:
            suite.output = suite.output or Text(_OUTPUT, head=False)
            self.stream.collect(suite.output.add)

    def _start_inside(self, tag: str, attributes: dict[str, str]) -> None:
        text: Text | None = None
        if not self._inside:
            self._verdict = self._told(tag, attributes)
            text = self._verdict.text if self._verdict else self._printed(tag)
        elif self._inside[-1] == _TEXT and tag == "stackTrace" and self._verdict:
            # Surefire puts the text of a repetition one deeper, beside the test's output.
            text = self._verdict.text
        self.stream.collect(text.add if text else None)
        self._push(self._inside, _TEXT if text else tag)

    def _push(self, elements: list[str], tag: str) -> None:
        elements.append(tag)
        if len(self._open) + len(self._inside) > self._limits.depth:
            raise DataError(f"elements are nested more than {self._limits.depth} deep")

    def _longest(self) -> int:
        return self._limits.message if self._content.held < self._limits.short else _SHORT

    def _told(self, tag: str, attributes: dict[str, str]) -> Verdict | None:
        """What an element right inside the case says about its outcome; None for those that say nothing."""
        if tag not in VERDICTS:
            return None
        verdict = Verdict(tag, attributes, self._longest())
        # One of a kind tells; a case may hold a thousand.
        if all(known.tag != tag for known in self._verdicts):
            self._verdicts.append(verdict)
        return verdict

    def _printed(self, tag: str) -> Text | None:
        """What the case printed, where nothing else may tell why it failed, or that it was retried."""
        if tag not in _OUTPUTS:
            return None
        if self._suites[-1].writer.retries_in_output:
            self._output = self._output or Text(_TIMELINE)
        elif any(not verdict.is_told for verdict in self._verdicts) or "status" in (self._case or ()):
            self._output = self._output or Text(min(_OUTPUT, self._longest() * 2), head=False)
        return self._output

    def _open_suite(self, attributes: dict[str, str], *, is_root: bool) -> None:
        above = self._suites[-1] if self._suites else Suite(Around(), UNKNOWN, is_root=True)
        name, path = attributes.get("name", "").strip(), attributes.get("file", "")
        names = above.around.names
        if name and not says_nothing(name) and not is_root:
            names = names + WITHIN + name if names else name
        around = Around(name or above.around.name, short(names), short(path) or above.around.path)
        writer = (writer_of_name(name) if is_root else writer_of_suite(attributes)) or above.writer
        failures, errors = (_count(attributes, claim) for claim in ("failures", "errors"))
        if len(self._suites) == 0 or (self._suites[-1].is_root and not self._claimed):
            self._claimed = max(self._claimed, _count(attributes, "tests"))
        self._suites.append(Suite(around, writer, is_root, failures, errors))

    def _close_suite(self) -> None:
        suite = self._suites.pop()
        printed = str(suite.output) if suite.output else ""
        if suite.cases == 1 and printed:
            self._content.held += self._results.tell_last(printed[-self._longest() :])
        outside: list[Verdict | None] = [*suite.verdicts]
        if not outside and _claims_what_is_no_case(suite):
            outside = [None]
        for verdict in outside:
            self._add(outside_case(suite.around, verdict, printed), suite, {})
        if self._suites:
            self._suites[-1].cases += suite.cases
            self._suites[-1].red += suite.red

    def _close_case(self, attributes: dict[str, str]) -> None:
        suite = self._suites[-1]
        if not suite.cases and suite.writer is UNKNOWN:
            suite.writer = writer_of_case(attributes) or UNKNOWN
        self._case = None
        if self._verdicts or self._output:
            output = str(self._output) if self._output else ""
            ginkgo = suite.writer.retries_in_output
            result = read_case(attributes, suite.around, self._verdicts, output, ginkgo=ginkgo)
            self._verdicts, self._output = [], None
        else:
            result = read_case(attributes, suite.around)
        self._add(result, suite, attributes)

    def _add(self, result: Result, suite: Suite, attributes: dict[str, str]) -> None:
        content = self._content
        case, outcome, _, message, path, _, retried_message, _ = result
        if message or retried_message:
            content.held += getsizeof(message) + getsizeof(retried_message)
        content.held += _OVERHEAD + _WIDEST * (len(case[0]) + len(case[1]) + len(path))
        if content.held > self._limits.held:
            raise DataError(
                f"the results of the run take more than {self._limits.held} bytes of memory: "
                "the rest is left out (tests.largest_run)"
            )
        suite.cases += 1
        if outcome is not _PASSED:
            suite.red += outcome.is_red
        self._results.add(result, suite, attributes)


def _refuse_other(root: str) -> None:
    """A DTD of something else says that this is no report: coverage, a runner's settings."""
    if local(root) not in SUITES:
        raise NotJUnitError(local(root))


def _pair(attributes: dict[str, str]) -> tuple[str, str]:
    return attributes.get("name", ""), attributes.get("value", "")


def _count(attributes: dict[str, str], name: str) -> int:
    value = attributes.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0  # noqa: PLR2004


def _claims_what_is_no_case(suite: Suite) -> bool:
    """Whether a suite claims a failure that none of its cases shows: it has no case, or an error and what it printed."""
    if suite.red or not suite.failures + suite.errors:
        return False
    return not suite.cases or (
        suite.errors > 0 and suite.output is not None and bool(str(suite.output).strip())
    )
