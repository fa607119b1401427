"""The kind of a failure (tag `category`), by built-in rules and those in the settings."""

import re
from collections.abc import Iterable, Sequence

from etl.model.line_rules import RULES
from etl.model.logs import LogReading

UNKNOWN, TEST = "unknown", "test"
CATEGORIES = (
    TEST, "build", "lint", "dependency", "network", "infrastructure", "timeout", "out_of_memory", "disk",
    "credentials", "configuration", "no_runner", UNKNOWN,
)  # fmt: skip

# Lines and characters of a message that rules search: the beginning says what failed.
_MAX_LINES, _MAX_LINE = 40, 400


class Categories:
    """Finds the category of a message: the user's rules first, then the built-in ones in their order.

    `disabled` names built-in rules; `extra` are pairs of a pattern and one of `CATEGORIES`.
    """

    def __init__(self, disabled: Iterable[str] = (), extra: Sequence[tuple[str, str]] = ()) -> None:
        self._off = set(disabled)
        rules = [
            (rule.pattern, rule.category) for rule in RULES if rule.category and rule.name not in self._off
        ]
        self._own = [(re.compile(pattern), category) for pattern, category in extra]
        self._rules = self._own + [(re.compile(pattern), category) for pattern, category in rules]

    def __call__(self, message: str, *, is_test: bool = False) -> str:
        """The category of a message; a failing test has `test`, whatever its message says."""
        return TEST if is_test else _first(self._rules, message)

    def of_log(self, log: LogReading) -> str:
        """The category of a log: of the first match of the log rules, else of the most telling line."""
        own = UNKNOWN if log.tests else _first(self._own, log.message)
        return log.category_without(self._off) if own == UNKNOWN else own


def _first(rules: Sequence[tuple[re.Pattern[str], str]], message: str) -> str:
    """The category of the first rule that matches a line."""
    lines = [line[:_MAX_LINE] for line in message.splitlines()[:_MAX_LINES] if line.strip()]
    return next((category for pattern, category in rules if any(map(pattern.search, lines))), UNKNOWN)
