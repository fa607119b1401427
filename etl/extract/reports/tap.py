"""TAP, the Test Anything Protocol (versions 12 to 14): nested, with YAML blocks and directives.

Source: testanything.org. A test that is marked `TODO` may fail; `Bail out!` is an error of the whole file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from etl.errors import DataError
from etl.extract.junit_case import Text
from etl.extract.reports.sink import Sink
from etl.model.results import Outcome
from etl.model.text import WITHIN

_SIGNS = re.compile(r"^(?:TAP version \d+|1\.\.\d+\s*(?:#.*)?|(?:not )?ok \d+\b.*)$", re.MULTILINE)
_LEADS = re.compile(r"\A(?:\s|#[^\n]*\n)*(?:TAP version \d+|1\.\.\d+|(?:not )?ok\b)")
_RESULT = re.compile(r"(?P<indent> {0,800})(?P<red>not )?ok\b(?: +(?P<number>\d{1,9}))?(?: +(?P<rest>.*))?")
_DIRECTIVE = re.compile(r"(?:(?<!\\)#\s{0,9}(?P<kind>skip|todo)\S*\s{0,9}(?P<why>.*))\Z", re.IGNORECASE)
_SUBTEST = re.compile(r"(?P<indent> {0,800})# Subtest: (?P<name>.*)")
_PLAN = re.compile(r"1\.\.(\d{1,9})\b")
_TIME = re.compile(r"^\s*duration_ms: (\d+(?:\.\d+)?)", re.MULTILINE)
_MESSAGE = re.compile(r"^(?P<indent>\s*)(?:message|error): *(?P<text>.*)$", re.MULTILINE)
_STEP: Final = 4
_DEPTH: Final = 200


def is_report(head: str) -> bool:
    """Whether a text begins as TAP does."""
    return _LEADS.match(head) is not None and _SIGNS.search(head) is not None


@dataclass(slots=True)
class _Open:
    """The result whose block or comments may follow, and subtests' names by their depth."""

    indent: int = -1
    name: str = ""
    outcome: Outcome = Outcome.PASSED
    message: str = ""
    told: Text | None = None
    in_block: bool = False
    subtests: dict[int, str] = field(default_factory=dict)
    # How many results and which plan the top level has.
    seen: int = 0
    planned: int | None = None
    nested: set[int] = field(default_factory=set)


def read(lines: Iterator[str], sink: Sink) -> None:
    """Add a result a test; a test of subtests is told by these."""
    state = _Open()
    try:
        for line in lines:
            _take(line, state, sink)
    finally:
        _end(state, sink)
    if state.planned is not None and state.seen < state.planned:
        sink.add(
            "", "TAP", Outcome.ERROR, message=f"ended after {state.seen} of {state.planned} planned tests"
        )


def _take(line: str, state: _Open, sink: Sink) -> None:
    if state.in_block:
        if state.told:
            state.told.add(line + "\n")
        state.in_block = line.strip() != "..."
    elif match := _RESULT.fullmatch(line):
        _end(state, sink)
        _begin(match, state, sink)
    elif line.strip() == "---" and state.told is not None:
        state.in_block = True
    elif match := _SUBTEST.fullmatch(line):
        _end(state, sink)
        depth = len(match["indent"]) // _STEP
        state.subtests = {known: name for known, name in state.subtests.items() if known < depth}
        state.subtests[depth] = match["name"].strip()
    elif line.startswith("Bail out!"):
        _end(state, sink)
        sink.add("", "TAP", Outcome.ERROR, message=line)
        state.planned = None
    elif match := _PLAN.match(line):
        state.planned = int(match[1])
    elif line.lstrip().startswith("#") and state.told is not None:
        state.told.add(line.strip().removeprefix("#").strip() + "\n")


def _begin(match: re.Match[str], state: _Open, sink: Sink) -> None:
    depth = len(match["indent"]) // _STEP
    if depth > _DEPTH:
        raise DataError(f"tests are nested more than {_DEPTH} deep")
    rest = (match["rest"] or "").strip()
    directive = _DIRECTIVE.search(rest)
    name = (rest[: directive.start()] if directive else rest).strip().removeprefix("- ").strip()
    if not depth:
        state.seen += 1
    state.indent, state.name = depth, name or f"test {match['number'] or state.seen}"
    state.outcome = Outcome.SKIPPED if directive else Outcome.FAILED if match["red"] else Outcome.PASSED
    state.message = directive["why"].strip() if directive else ""
    state.told = Text(sink.longest)


def _end(state: _Open, sink: Sink) -> None:
    """Add the open result, unless subtests have told more: their failure is its failure."""
    if state.told is None:
        return
    depth, told = state.indent, str(state.told)
    state.told, state.in_block = None, False
    is_parent = depth + 1 in state.nested
    state.nested = {known for known in state.nested if known <= depth} | {depth}
    if is_parent:
        state.subtests.pop(depth, None)
        return
    around = [name for known, name in sorted(state.subtests.items()) if known < depth]
    sink.add(
        WITHIN.join(around),
        state.name,
        state.outcome,
        duration_s=_seconds(told),
        message=state.message or _told(told),
    )


def _seconds(told: str) -> float | None:
    match = _TIME.search(told)
    return float(match[1]) / 1000 if match else None


def _told(told: str) -> str:
    """The message of a YAML block, else all that was told."""
    match = _MESSAGE.search(told)
    if match is None:
        return told
    value = match["text"].strip()
    if value[:1] not in {"|", ">"}:
        return value.strip("'\"") or told
    lines = []
    for line in told[match.end() + 1 :].splitlines():
        if line.strip() and len(line) - len(line.lstrip()) <= len(match["indent"]):
            break
        lines.append(line.strip())
    return "\n".join(lines)
