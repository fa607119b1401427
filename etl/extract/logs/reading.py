"""A job's log → what failed in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from etl.extract.logs import streams
from etl.extract.logs.differences import likeness, new_lines
from etl.extract.logs.excerpt import Excerpt
from etl.extract.logs.failing_tests import failing_tests
from etl.extract.logs.lines import Line
from etl.extract.logs.logged_test import LoggedTest
from etl.extract.logs.secrets import Secrets
from etl.extract.logs.sections import failed_step
from etl.extract.logs.telling import MAX_TOLD, Told, tell
from etl.model.line_rules import Weight

# Characters of a message.
_MAX_MESSAGE = 4_000


@dataclass(frozen=True, slots=True)
class LogReading:
    """What a log tells: failing tests, at most 20 lines, secrets masked in all of them.

    `size` and `left_out` are bytes: of the log, and of what was not looked at because the log is too long.
    `explained` tells whether a failing test or the rule of a known failure is among it.
    """

    tests: tuple[LoggedTest, ...] = ()
    lines: tuple[Told, ...] = ()
    size: int = 0
    left_out: int = 0
    explained: bool = False

    @property
    def message(self) -> str:
        """The lines as one text: those that tell most, with what stands around them."""
        return "\n".join(told.line.text for told in self.lines)[:_MAX_MESSAGE]

    @property
    def category(self) -> str:
        """Of the line that tells most: `test` where tests failed, `unknown` where no rule knows."""
        if self.tests:
            return "test"
        known = [told for told in self.lines if told.category]
        return max(known, key=lambda told: told.weight).category if known else "unknown"


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
    excerpt = _excerpt(chunks, ended)
    lines = failed_step(list(excerpt.lines()), started, ended)
    plain = streams.stripped([line.text for line in lines])
    tests = failing_tests([line.text for line in lines])
    told = tell(lines, tests, texts=plain)
    explained = bool(tests) or any(line.weight >= Weight.CAUSE for line in told)
    if not explained and passing is not None:
        told = _new(lines, passing) or told
    mask = secrets or Secrets()
    return LogReading(
        tuple(_masked_test(test, mask) for test in tests),
        tuple(one._replace(line=one.line._replace(text=mask(one.line.text))) for one in told),
        excerpt.bytes,
        excerpt.left_out,
        explained,
    )


def _excerpt(chunks: Iterable[bytes], ended: str = "") -> Excerpt:
    excerpt = Excerpt(ended)
    for chunk in chunks:
        excerpt.feed(chunk)
    return excerpt


def _new(lines: Sequence[Line], passing: Iterable[bytes]) -> list[Told]:
    """What is new against the passing log; of much, what tells most."""
    known = {likeness(line) for line in _excerpt(passing).lines()}
    new = new_lines(lines, known)
    return tell(new) if len(new) > MAX_TOLD else [Told(line) for line in new]


def _masked_test(test: LoggedTest, mask: Secrets) -> LoggedTest:
    return test._replace(suite=mask(test.suite), name=mask(test.name), message=mask(test.message))
