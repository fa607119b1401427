"""Bazel: the summary has a line for each target that failed."""

import re
from collections.abc import Iterator, Sequence

from etl.model.logs import LoggedTest

HINTS = ("//",)

_TARGET = re.compile(
    r"(?P<name>@?\S*//\S+)\s+(?:\(cached\) )?(?P<why>(?:FAILED|TIMEOUT|REMOTE FAILURE) in .+)$"
)


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing test targets; one that was flaky or could not be built is not."""
    for place, line in enumerate(lines):
        if (found := _TARGET.match(line)) is not None:
            yield LoggedTest("", found["name"], found["why"], "", None, place, place)
