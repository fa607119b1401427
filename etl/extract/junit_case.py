"""One case of a JUnit report: its outcome, message and duration, whoever wrote it."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from etl.extract.junit_writers import says_nothing
from etl.memo import Memo
from etl.model.results import CaseName, Outcome, Result, new_result
from etl.model.text import _CUT, cut

_STATUS = {
    **dict.fromkeys(("fail", "failed", "failure", "failing", "broken"), Outcome.FAILED),
    **dict.fromkeys(
        (
            "error",
            "errored",
            "panicked",
            "timedout",
            "timeout",
            "timed_out",
            "interrupted",
            "aborted",
            "crashed",
        ),
        Outcome.ERROR,
    ),
    **dict.fromkeys(
        (
            "skipped",
            "skip",
            "notrun",
            "not_run",
            "disabled",
            "pending",
            "ignored",
            "suppressed",
            "todo",
            "inconclusive",
        ),
        Outcome.SKIPPED,
    ),
}
VERDICTS = {
    "failure": Outcome.FAILED,
    "error": Outcome.ERROR,
    "skipped": Outcome.SKIPPED,
    # A repetition that failed too, beside the <failure> of the first; on its own it says as much.
    "rerunFailure": Outcome.FAILED,
    "rerunError": Outcome.ERROR,
    # A failure that a repetition healed.
    "flakyFailure": Outcome.PASSED,
    "flakyError": Outcome.PASSED,
}
# The first of these that a case holds is its outcome.
_PRECEDENCE = (Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED)
_PASSED = Outcome.PASSED

# A case that is skipped for one of these may fail as it likes: node's `todo` does, with exit code 0.
_MAY_FAIL = {"todo"}
# By its type nextest tells of a test that passed on a retry and counts as failed all the same.
_FLAKY = re.compile(r"\bflaky\b", re.IGNORECASE)

# Messages that only repeat the verdict; what happened stands elsewhere then.
_EMPTY_WORDS = {
    *("", "fail", "failed", "failure", "failing", "error", "errored", "exception", "assertion", "skipped"),
    *("test failed", "test failure", "test error", "null", "none", "undefined", "no message"),
}
_LONGEST_WORDS = 40
# Ginkgo's own lines of a retry, which specs cannot write in this shape by printing something.
_GINKGO_FAILED = re.compile(r"Failure recorded during attempt \d+:\n(.*?)(?:\nIn \[|\Z)", re.DOTALL)
_GINKGO_RETRIES = re.compile(r"^Attempt #\d+ Failed\.\s+Retrying", re.MULTILINE)
_COLOURS = re.compile("(?:\N{REPLACEMENT CHARACTER}|#x1B)\\[[0-9;]*[A-Za-z]")
_MAX_NAME = 2_000

_ENGLISH = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?", re.ASCII)
_GERMAN = re.compile(r"([0-9]{1,3}(\.[0-9]{3})+|[0-9]+),[0-9]+", re.ASCII)
_PLAIN = re.compile(r"\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]{1,3})?", re.ASCII | re.IGNORECASE)
_ISO = re.compile(r"PT(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9.]{1,20})S)?", re.ASCII)
_MAX_TIME = 10**9
_LINE = re.compile("[0-9]{1,9}", re.ASCII)


class Text:
    """Text of any length, cut in the middle as it comes; without its beginning where `head` is false."""

    __slots__ = ("_half", "_head", "_room", "_tail", "_total")

    def __init__(self, limit: int, *, head: bool = True) -> None:
        self._half = limit // 2
        self._room = self._half if head else 0
        self._head = self._tail = ""
        self._total = 0

    def add(self, data: str) -> None:
        """Append, keeping the beginning and the end."""
        self._total += len(data)
        if self._room > 0:
            self._head += data[: self._room]
            data, self._room = data[self._room :], self._room - len(data)
        if data:
            self._tail = (self._tail + data)[-self._half :]

    def __str__(self) -> str:
        cut = self._total > len(self._head) + len(self._tail)
        return self._head + (_CUT if cut and self._head else "") + self._tail


class Verdict:
    """An element that says how a case or a suite ended; `limit` bounds its message."""

    __slots__ = ("_limit", "attributes", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str], limit: int) -> None:
        self.tag, self.attributes, self._limit = tag, attributes, limit
        self.text = Text(limit)

    @property
    def is_told(self) -> bool:
        """Whether the element itself tells what happened."""
        return tells(self.attributes.get("message", "")) or tells(str(self.text))

    def message(self, name: str, output: str = "") -> str:
        """The best text there is: the attribute, the element's own, what the case printed, or the type.

        The attribute counts only where it tells more than that `name` failed.
        """
        attribute = _readable(self.attributes.get("message", ""), self._limit)
        if tells(attribute, name):
            return attribute
        text = _readable(str(self.text), self._limit)
        if text and tells(text, name):
            return text
        kind = self.attributes.get("type", "").strip()[: self._limit]
        return _readable(output, self._limit) or text or (kind if tells(kind) else "") or attribute or kind


def tells(message: str, name: str = "") -> bool:
    """Whether a message says more than that `name` failed."""
    said = message
    if name and len(message) < len(name) + _LONGEST_WORDS:
        said = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", message)
    return said.strip(" \t\n.:!'\"`").casefold() not in _EMPTY_WORDS


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a case: its innermost named suite, all of them that say something, and their file."""

    name: str = ""
    names: str = ""
    path: str = ""


def read_case(
    attributes: dict[str, str],
    around: Around,
    verdicts: Sequence[Verdict] = (),
    output: str = "",
    *,
    ginkgo: bool = False,
) -> Result:
    """What a complete case comes to: by its attributes, the elements inside it, and the suites around it.

    `output` is what it printed, where that matters; of `ginkgo`, it tells of retries.
    """
    get = attributes.get
    file, line = get("file"), get("line")
    path = short(file.strip() or around.path) if file else around.path
    classname = get("classname")
    if classname and _tells_apart[classname]:
        case = _names[classname, get("name")]
    else:
        case = _name_around(classname or "", get("name"), get("class"), around, path)
    seconds = _durations[get("time", "")]
    outcome, message, retried = _PASSED, "", None
    if verdicts:
        outcome, message, retried = _judged(verdicts, get("name", "").strip(), output)
    elif "status" in attributes or "result" in attributes:
        outcome = _by_status(attributes)
        if outcome.is_red and output:
            message = _readable(output, len(output))
    if ginkgo and output and outcome is _PASSED:
        retried = _ginkgo_retry(output)
    return new_result((case, outcome, seconds, message, path, _line(line) if line else None, retried, ()))


def outside_case(around: Around, verdict: Verdict | None, output: str) -> Result:
    """A failure that stands in a suite outside of any case: a result named after the suite."""
    name = short(around.name or around.path or "(no name)")
    outcome = VERDICTS[verdict.tag] if verdict else Outcome.ERROR
    message = verdict.message(around.name, output) if verdict else _readable(output, len(output))
    return new_result((CaseName(name, name), outcome, None, message, around.path, None, None, ()))


def _by_status(attributes: dict[str, str]) -> Outcome:
    """ctest, Ginkgo and Google's tests tell by attributes, not all of them by an element too."""
    told = [_STATUS.get(attributes.get(name, "").strip().lower()) for name in ("status", "result")]
    return next((outcome for outcome in _PRECEDENCE if outcome in told), _PASSED)


def _ginkgo_retry(output: str) -> str | None:
    """The message of the last attempt that failed and was repeated."""
    failed = _GINKGO_FAILED.findall(output)
    return failed[-1].strip() if failed and _GINKGO_RETRIES.search(output) else None


def _name(given: tuple[str, str | None]) -> CaseName:
    classname, name = given[0].strip(), given[1]
    return CaseName(short(classname), short((name or "").strip() or classname))


def _name_around(
    classname: str, name: str | None, of_class: str | None, around: Around, path: str
) -> CaseName:
    """Where the classname says nothing, something else does: the class, the suites around the case, or its file."""
    void = classname.strip()
    suite = (of_class or "").strip() or (around.names if void else around.name) or path or void
    return CaseName(short(suite), short((name or "").strip() or suite or "(no name)"))


# The same tests come with every report.
_names = Memo(_name, most=50_000, length=lambda given: len(given[0]) + len(given[1] or ""))
_tells_apart: Memo[str, bool] = Memo(
    lambda classname: bool(classname.strip()) and not says_nothing(classname.strip()),
    most=50_000,
    length=len,
)


def _judged(verdicts: Sequence[Verdict], name: str, output: str) -> tuple[Outcome, str, str | None]:
    """Outcome, message, and that of a failure that a repetition healed."""
    for outcome in _PRECEDENCE:
        for verdict in verdicts:
            if VERDICTS[verdict.tag] is outcome and not (outcome.is_red and _may_fail(verdicts)):
                healed = _healed(verdict, verdicts, name)
                told = verdict.is_told or not healed
                return outcome, verdict.message(name, output) if told else healed or "", healed
    return _PASSED, "", verdicts[0].message(name)


def _may_fail(verdicts: Sequence[Verdict]) -> bool:
    return any(one.tag == "skipped" and one.attributes.get("type", "") in _MAY_FAIL for one in verdicts)


def _healed(verdict: Verdict, verdicts: Sequence[Verdict], name: str) -> str | None:
    """The failure that a repetition healed, where the verdict says so and counts the test as failed all the same."""
    if not _FLAKY.search(verdict.attributes.get("type", "")):
        return None
    return next((one.message(name) for one in verdicts if VERDICTS[one.tag] is _PASSED), None)


def duration(text: str) -> float | None:
    """Seconds of `1.5`, `1,234.5`, `1.234,5`, `0,5` or `PT1M2.5S`; None for what is no duration."""
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return _plausible(float(text))
    if match := _ISO.fullmatch(text):
        parts = [duration(part or "0") for part in match.groups()]
        known = [part for part in parts if part is not None]
        hours, minutes, seconds = known if len(known) == len(parts) else (math.inf,) * 3
        return _plausible(hours * 3600 + minutes * 60 + seconds)
    if "," in text:
        # A comma before three digits separates thousands (Surefire), any other is a decimal one.
        if _ENGLISH.fullmatch(text) and not text.startswith("0"):
            text = text.replace(",", "")
        elif _GERMAN.fullmatch(text):
            text = text.replace(".", "").replace(",", ".")
    return _plausible(float(text)) if _PLAIN.fullmatch(text) else None


# Tools round what they measure, so that the same text comes again.
_durations = Memo(duration, most=16_384, length=len)


def _plausible(seconds: float) -> float | None:
    return seconds if seconds < _MAX_TIME else None


def _line(text: str) -> int | None:
    return int(text) if _LINE.fullmatch(text) else None


def short(name: str) -> str:
    """A name or path that is not too long to be kept."""
    return name if len(name) <= _MAX_NAME else cut(name, _MAX_NAME)


def _readable(message: str, limit: int) -> str:
    return _COLOURS.sub("", cut(message, limit)).strip()
