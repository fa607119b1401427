"""Bazel: the summary has a line for each target that failed, what it printed may stand before."""

import re
from collections.abc import Iterator, Sequence

from etl.model.logs import LoggedTest

HINTS = ("//",)

# `//shop:total_test`, `@other//shop:total_test`.
_LABEL = r"@{0,2}[^\s/]*//\S+"
_TARGET = re.compile(
    rf"(?P<name>{_LABEL})\s+(?:\([0-9/]*\s?cached\) )?(?P<why>(?:FAILED|TIMEOUT|REMOTE FAILURE) in .+)$"
)
# One shard, run or attempt of a target that failed; Bazel 5 and later add how it exited.
_FAILED = re.compile(
    rf"(?:FAIL|TIMEOUT): (?P<execution>{_LABEL}(?: \((?:shard|run)[^)]*\))?)(?: \([^)]*\))* \(see "
)
# What `--test_output=errors` shows of one execution: between a line with its name, and one of dashes alone.
_OUTPUT = re.compile(rf"={{20}} Test output for (?P<execution>(?P<name>{_LABEL}?)(?: \([^)]*\))*):$")
_END = re.compile(r"={80}$")
# The last lines tell why a target failed.
_SHOWN = 20


def find(lines: Sequence[str]) -> Iterator[LoggedTest]:
    """Failing test targets; one that was flaky or could not be built is not."""
    targets = [
        (place, found) for place, line in enumerate(lines) if (found := _TARGET.match(line)) is not None
    ]
    # Nearly any log has two slashes; few have targets.
    printed = _printed(lines) if targets else {}
    for place, found in targets:
        message = printed.get(found["name"], "") or found["why"]
        yield LoggedTest("", found["name"], message, "", None, place, place)


def _printed(lines: Sequence[str]) -> dict[str, str]:
    """The end of what each target printed: of its last execution that failed, else of its last one."""
    failed = {found["execution"] for line in lines if (found := _FAILED.match(line)) is not None}
    printed: dict[bool, dict[str, str]] = {False: {}, True: {}}
    output: re.Match[str] | None = None
    start = 0
    for place, line in enumerate(lines):
        found = _OUTPUT.match(line)
        if output is not None and (found is not None or _END.match(line)):
            text = "\n".join(lines[max(start, place - _SHOWN) : place]).strip()
            printed[output["execution"] in failed][output["name"]] = text
            output = None
        if found is not None:
            output, start = found, place + 1
    return printed[False] | printed[True]
