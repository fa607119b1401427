"""Whether tests ran when their process died: a runner said that it begins, and never how it ended.

What it wrote until then may name no test, and tells all the same that it was one.
"""

import re
from collections.abc import Sequence

# How an execution begins, and what closes it however it ends.
_EXECUTIONS = (
    (r"={3,} test session starts ={3,}$", r"={3,} .* in [\d.]+s\b"),
    (r"\[={10}\] Running \d+ tests? from ", r"\[={10}\] \d+ tests? from .* ran\."),
    (r"PHPUnit \d+\.\d\S* by ", r"(?:OK|FAILURES!|ERRORS!|WARNINGS!|No tests executed!)(?: |,|$)"),
    (r"# Running:$|Running ExUnit with seed", r"Finished in \d"),
    (r"running \d+ tests?$", r"test result: "),
    (r"Running Suite: ", r"Ran \d+ of \d+ Specs"),
    (r"Test project \S", r"\d+% tests passed, "),
    (r"Running suite '.*' with \d+ tests?\.$", r"Output: "),
    (r" RUN  v\d", r" Test Files  "),
    (r"Running \d+ tests? using \d+ workers?$", r"  \d+ (?:passed|failed|flaky|skipped|interrupted)\b"),
)
_OPENED = re.compile("|".join(f"(?P<e{place}>{opened})" for place, (opened, _) in enumerate(_EXECUTIONS)))
_CLOSED = re.compile("|".join(f"(?P<e{place}>{closed})" for place, (_, closed) in enumerate(_EXECUTIONS)))
# Runners that do not say that they begin stand in the stack.
_STACK = re.compile(
    r"[/ ](?:rspec-core-[\d.]+|minitest-[\d.]+|mocha/lib|jest-circus|node:internal/test_runner)/"
)


def is_cut_short(texts: Sequence[str]) -> bool:
    """Whether some runner's last execution did not close."""
    opened: set[str] = set()
    for text in texts:
        if (found := _OPENED.match(text)) is not None:
            opened.add(str(found.lastgroup))
        elif opened and (found := _CLOSED.match(text)) is not None:
            opened.discard(str(found.lastgroup))
    return bool(opened)


def has_stack_of_test(texts: Sequence[str]) -> bool:
    """Whether a runner's own frames stand in the log."""
    return any(_STACK.search(text) is not None for text in texts)
