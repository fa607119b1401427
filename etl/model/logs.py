"""What a log tells: its lines, the failing tests that it names, and the lines that say what happened."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from etl.model.line_rules import CRASH, RULES

# Characters of a message.
_MAX_MESSAGE = 4_000
# Lines that stand for a failure in its template.
_MAX_ESSENCE = 3
# Lines between two of one chain of causes, at most.
_MAX_APART = 5
# Categories that no cause further down changes.
_OF_THE_CODE = ("test", "lint")
_ORDER = {rule.name: place for place, rule in enumerate(RULES)}


class Line(NamedTuple):
    """A line as a person sees it.

    `number` counts from 0 in the log; `mark` is the name of GitHub's command (`group`, `endgroup`, `error`,
    `warning`, `command`, …) or empty; `time` is its ISO 8601 time or empty.
    """

    number: int
    text: str
    mark: str = ""
    time: str = ""


class Told(NamedTuple):
    """A line that tells something; `rule` is the name of the rule that found it, empty for its surroundings."""

    line: Line
    rule: str = ""
    category: str = ""
    weight: int = 0


class LoggedTest(NamedTuple):
    """A failing test: `suite` is what the runner groups by (a class, a package, a file), empty where it tells none.

    `path` and `line` are where it stands or failed, empty and None where the log does not tell. Its part
    of the log are the lines `first` to `last`, places in the text that was read.
    """

    suite: str
    name: str
    message: str = ""
    path: str = ""
    line: int | None = None
    first: int = 0
    last: int = 0

    @property
    def full_name(self) -> str:
        """Suite and name as one."""
        return f"{self.suite}.{self.name}" if self.suite else self.name


@dataclass(frozen=True, slots=True)
class LogReading:
    """What a log tells: failing tests, at most 20 lines, secrets masked in all of them.

    `size` and `left_out` are bytes: of the log, and of what was not looked at because the log is too long.
    `explained` tells whether a failing test or the rule of a known failure is among it. Where `lines` are what is
    new against a passing log, `own` are those that the log tells without it: by them the failure is recognised,
    whether or not a passing log was at hand. `died_in_tests` tells whether the process died while tests ran, of
    which none may be named.
    """

    tests: tuple[LoggedTest, ...] = ()
    lines: tuple[Told, ...] = ()
    size: int = 0
    left_out: int = 0
    explained: bool = False
    own: tuple[Told, ...] = ()
    died_in_tests: bool = False

    @property
    def message(self) -> str:
        """The lines as one text: those that tell most, with what stands around them."""
        return "\n".join(told.line.text for told in self.lines)[:_MAX_MESSAGE]

    @property
    def essence(self) -> str:
        """What the failure is recognised by: the first of the lines that tell most, else the last lines."""
        lines = self.own or self.lines
        most = max((told.weight for told in lines), default=0)
        telling = [told.line.text for told in lines if told.weight == most > 0]
        texts = telling[:_MAX_ESSENCE] or [told.line.text for told in lines][-_MAX_ESSENCE:]
        return "\n".join(texts)[:_MAX_MESSAGE]

    @property
    def category(self) -> str:
        """Of the line that tells most: `test` where tests failed, `unknown` where no rule knows."""
        return self.category_without(())

    def category_without(self, disabled: Collection[str]) -> str:
        """The category by all rules but the `disabled` ones.

        Of a chain of causes (a task failed, since a package is not there, since its server answers 503), the
        rule that comes first in `RULES` counts. What crashed while tests ran is of `test`.
        """
        if self.tests:
            return "test"
        lines = self.own or self.lines
        known = [told for told in lines if told.category and told.rule not in disabled]
        if not known:
            return "test" if self.died_in_tests else "unknown"
        first = max(known, key=lambda told: told.weight)
        if first.category in _OF_THE_CODE:
            return first.category
        cause = min(_chain(known, first), key=lambda told: _ORDER[told.rule])
        return "test" if cause.rule == CRASH and self.died_in_tests else cause.category


def _chain(known: Sequence[Told], first: Told) -> Iterator[Told]:
    """The first and those that tell as much, a few lines below one another."""
    last = first.line.number
    for told in known:
        if told.weight == first.weight and 0 <= told.line.number - last <= _MAX_APART:
            last = told.line.number
            yield told
