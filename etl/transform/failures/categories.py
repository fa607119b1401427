"""What kind of failure a message tells of: the tag `category`, by rules that settings may add to."""

import re
from collections.abc import Iterable, Sequence

from etl.model.line_rules import RULES

UNKNOWN, TEST = "unknown", "test"
CATEGORIES = (
    TEST, "build", "lint", "dependency", "network", "infrastructure", "timeout", "out_of_memory", "disk",
    "credentials", "configuration", "no_runner", UNKNOWN,
)  # fmt: skip

# Lines and characters of a message that are looked at: the first say what it is.
_MAX_LINES, _MAX_LINE = 40, 400


class Categories:
    """Finds the category of a message: rules of one's own first, then the built-in ones in their order.

    `disabled` names built-in rules; `extra` are pairs of a pattern and one of `CATEGORIES`.
    """

    def __init__(self, disabled: Iterable[str] = (), extra: Sequence[tuple[str, str]] = ()) -> None:
        off = set(disabled)
        rules = [(rule.pattern, rule.category) for rule in RULES if rule.category and rule.name not in off]
        self._rules = [(re.compile(pattern), category) for pattern, category in (*extra, *rules)]

    def __call__(self, message: str, *, is_test: bool = False) -> str:
        """The category; a failing test is one of `test`, whatever its message says."""
        if is_test:
            return TEST
        lines = [line[:_MAX_LINE] for line in message.splitlines()[:_MAX_LINES] if line.strip()]
        found = (category for pattern, category in self._rules if any(map(pattern.search, lines)))
        return next(found, UNKNOWN)
