"""An open suite of a JUnit report."""

from dataclasses import dataclass, field

from etl.extract.junit_case import Around, Text, Verdict
from etl.extract.junit_writers import (
    Writer,
)


@dataclass(slots=True)
class Suite:
    """An open suite: what it says of its cases, who wrote it, and what it claims that is not a case.

    `is_root` is true for `<testsuites>`.
    """

    around: Around
    writer: Writer
    is_root: bool
    failures: int = 0
    errors: int = 0
    cases: int = 0
    red: int = 0
    verdicts: list[Verdict] = field(default_factory=list)
    output: Text | None = None
