"""sbt: ScalaTest, MUnit, specs2 and JUnit as they report there."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import message_of, number
from etl.model.logs import LoggedTest

HINTS = ("*** FAILED ***", "*** ABORTED ***", "==> X ", "[error] Test ", "[error] x ", "[error]   ! ")

_SUITE = re.compile(r"\[info\] (?P<suite>[A-Z][\w.$]*):$")
_SCALATEST = re.compile(r"\[info\] (?P<indent> *)- (?P<name>.+) \*\*\* FAILED \*\*\*(?: \(.*\))?$")
_ABORTED = re.compile(r"\[info\] (?P<suite>[A-Z][\w.$]*) \*\*\* ABORTED \*\*\*(?: \(.*\))?$")
_SUBJECT = re.compile(r"\[info\] (?P<subject>[^\s\-\[].*)$")
_MUNIT = re.compile(
    r"(?:\[error\] )?==> X (?P<suite>[\w.$]+?)\.(?P<name>[^.].*?) +(?:[\d.]+s)(?: (?P<message>.*))?$"
)
_JUNIT = re.compile(
    r"\[error\] Test (?P<suite>(?:[\w$]+\.)*[A-Z][\w$]*)\.(?P<name>\w+(?:\[.*\])?) failed: (?P<message>.*)$"
)
_SPECS2 = re.compile(r"\[error\] +[x!] (?P<name>\S.*)$")
_MORE = re.compile(r"\[(?:info|error)\] {2,}(?P<text>\S.*)$")
_PLACE = re.compile(r"\((?P<path>\w+\.scala):(?P<line>\d+)\)$|(?P<munit>\S+\.scala):(?P<row>\d+)$")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests, and suites that could not run; where a behaviour is said of a subject, the subject is part of ScalaTest's name."""
    suite = subject = ""
    for place, line in enumerate(lines):
        if (found := _SUITE.match(line)) is not None:
            suite, subject = found["suite"], ""
        elif (found := _SCALATEST.match(line)) is not None:
            name = (
                f"{subject} {found['name']}"
                if subject and found["name"].startswith(_VERBS)
                else found["name"]
            )
            yield _test(lines, place, suite, name, "")
        elif (found := _ABORTED.match(line)) is not None:
            yield _test(lines, place, "", found["suite"], "")
        elif (found := _MUNIT.match(line) or _JUNIT.match(line)) is not None:
            yield _test(lines, place, found["suite"], found["name"], found["message"] or "")
        elif suite and (found := _SPECS2.match(line)) is not None:
            yield _test(lines, place, suite, found["name"], "")
        elif (found := _SUBJECT.match(line)) is not None:
            subject = found["subject"]


_VERBS = ("should ", "must ", "can ", "when ", "will ")


def _test(lines: Sequence[str], place: int, suite: str, name: str, message: str) -> LoggedTest:
    said, stop = [message] if message else [], place + 1
    while stop < len(lines) and stop < place + 12 and (found := _MORE.match(lines[stop])) is not None:
        said.append(found["text"])
        stop += 1
    at = next((at for text in said if (at := _PLACE.search(text)) is not None), None)
    path, line = (at["path"] or at["munit"], number(at["line"] or at["row"])) if at else ("", None)
    return LoggedTest(suite, name, message_of(said), path, line, place, stop - 1)
