"""A job's log → what failed in it."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from etl.extract.logs import streams
from etl.extract.logs.differences import new_lines
from etl.extract.logs.excerpt import Excerpt
from etl.extract.logs.executions import has_stack_of_test, is_cut_short
from etl.extract.logs.failing_tests import failing_tests
from etl.extract.logs.lines import likeness
from etl.extract.logs.secrets import Secrets
from etl.extract.logs.sections import failed_step
from etl.extract.logs.telling import MAX_TOLD, tell
from etl.model.line_rules import CRASH, Weight
from etl.model.logs import Line, LoggedTest, LogReading, Told


def read_log(
    chunks: Iterable[bytes],
    *,
    started: str = "",
    ended: str = "",
    passing: Iterable[bytes] | None = None,
    secrets: Secrets | None = None,
) -> LogReading:
    """Read a log in chunks of any size; `started` and `ended` are the failed step's times in ISO 8601.

    `passing` is the log of an execution of the same job that passed; it is asked only where neither a
    failing test nor a rule explains the failure (then `explained` is false without it).
    """
    asked = None if passing is None else partial(_excerpt, passing)
    return read_excerpt(_excerpt(chunks, ended), started, ended, passing=asked, secrets=secrets)


def read_excerpt(
    excerpt: Excerpt,
    started: str = "",
    ended: str = "",
    *,
    passing: Callable[[], Excerpt] | None = None,
    secrets: Secrets | None = None,
) -> LogReading:
    """The same of what is kept of a log."""
    lines = failed_step(list(excerpt.lines()), started, ended)
    plain = streams.stripped([line.text for line in lines])
    tests = failing_tests([line.text for line in lines])
    told = tell(lines, tests, texts=plain)
    explained = bool(tests) or any(line.weight >= Weight.CAUSE for line in told)
    new = _new(lines, passing()) if not explained and passing is not None else []
    mask = secrets or Secrets()
    return LogReading(
        tuple(_masked_test(test, mask) for test in tests),
        _masked(new or told, mask),
        excerpt.bytes,
        excerpt.left_out,
        explained,
        _masked(told, mask) if new else (),
        is_cut_short(plain) or (any(line.rule == CRASH for line in told) and has_stack_of_test(plain)),
    )


def _excerpt(chunks: Iterable[bytes], ended: str = "") -> Excerpt:
    excerpt = Excerpt(ended)
    for chunk in chunks:
        excerpt.feed(chunk)
    return excerpt


def _new(lines: Sequence[Line], passing: Excerpt) -> list[Told]:
    """What is new against the passing log; of much, what tells most."""
    known = {likeness(line.text) for line in passing.lines()}
    new = new_lines(lines, known)
    return tell(new) if len(new) > MAX_TOLD else [Told(line) for line in new]


def _masked(told: Iterable[Told], mask: Secrets) -> tuple[Told, ...]:
    return tuple(one._replace(line=one.line._replace(text=mask(one.line.text))) for one in told)


def _masked_test(test: LoggedTest, mask: Secrets) -> LoggedTest:
    return test._replace(
        suite=mask(test.suite), name=mask(test.name), message=mask(test.message), path=mask(test.path)
    )
