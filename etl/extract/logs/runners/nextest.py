"""cargo-nextest: a line for each failing test, again in the summary."""

import re
from collections.abc import Iterator, Sequence

from etl.extract.logs.runner_text import end_of, message_of, number
from etl.model.logs import LoggedTest

HINTS = (" FAIL [", " SIG", " TIMEOUT [", " ABORT [", " LEAK-FAIL [")

_FAILED = re.compile(
    r"\s*(?:TRY \d+ )?(?P<how>FAIL|LEAK-FAIL|TIMEOUT|TMT|ABORT|SIG\w+|ABRT|XFAIL|EXECFAIL) +\[ *>?\s*[\d.]+s\] (?:\((?: *\d+/\d+|─+)\) )?(?P<suite>\S+) (?P<name>\S.*)$"
)
# What a test wrote stands below such a line; libtest's own words are on standard output.
_OUTPUT = re.compile(r"\s*(?:stdout ─+$|[-─]{2,} ?(?:TRY \d+ )?STDOUT\b)")
_ERRORS = re.compile(r"\s*(?:stderr ─+$|[-─]{2,} ?(?:TRY \d+ )?STDERR\b)")
_END = re.compile(
    r"\s*(?:PASS|FAIL|SIG\w+|TIMEOUT|ABORT|SLOW|LEAK|TRY \d+ \w+) +\[|-{5,}$|─{5,}$|\s*Summary \[|\s*Cancell?ing due"
)
_PANIC = re.compile(r"\s*thread '.*' (?:\(\d+\) )?panicked at (?P<path>[^\s:]+):(?P<line>\d+)")


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing tests; one that passed when it was tried again is not."""
    passed = {known for line in lines if (known := _retried(line)) is not None}
    for place, line in enumerate(lines):
        found = _FAILED.match(line) if "[" in line else None
        if found is not None and (found["suite"], found["name"]) not in passed:
            yield _test(lines, place, found)


_FLAKY = re.compile(
    r"\s*(?:TRY [2-9]\d* PASS|FLAKY \d+/\d+) +\[ *[\d.]+s\] (?:\((?: *\d+/\d+|─+)\) )?(?P<suite>\S+) (?P<name>\S.*)$"
)


def _retried(line: str) -> tuple[str, str] | None:
    found = _FLAKY.match(line)
    return (found["suite"], found["name"]) if found else None


def _test(lines: Sequence[str], place: int, found: re.Match[str]) -> LoggedTest:
    stop = end_of(lines, place, _END, 80)
    body = lines[place + 1 : stop]
    begin = next((at for at, text in enumerate(body) if _PANIC.match(text)), 0)
    panic = _PANIC.match(body[begin]) if body else None
    if panic is None:
        begin = next(
            (at + 1 for stop in (_ERRORS, _OUTPUT) for at, text in enumerate(body) if stop.match(text)), 0
        )
    path, line = (panic["path"], number(panic["line"])) if panic else ("", None)
    message = message_of(body[begin:]) or found["how"]
    return LoggedTest(found["suite"], found["name"], message, path, line, place, stop - 1)
