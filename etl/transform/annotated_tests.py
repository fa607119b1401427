"""Annotations that tell of a failing test, where no report does."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Each has the groups `test` and `message`, and may have `suite`.
DEFAULTS = (
    r"--- FAIL: (?P<test>[\w/.\-#=]+)(?: \([\d.]+s\))?:?\s*(?P<message>.*)",
    r"(?P<test>Test[A-Z]\w*(?:/[^\s:]+)*)(?: - |: )(?P<message>.+)",
    r"(?:FAILED )?(?P<suite>[\w./\-]+\.py)::(?P<test>[^\s]+)(?: - |: )(?P<message>.+)",
    r"● (?P<suite>.+?) › (?P<test>.+?)(?:\n+(?P<message>.+))?",  # noqa: RUF001
    r"(?P<suite>(?:[\w$]+\.)+[\w$]+)[.#](?P<test>\w+)(?:\(\))?: (?P<message>.+)",
    r"(?P<suite>[\w.$]+) > (?P<test>.+?) FAILED(?:\n+(?P<message>.+))?",
)


@dataclass(frozen=True, slots=True)
class AnnotatedTest:
    """A failing test as an annotation tells it."""

    suite: str
    test: str
    message: str


class AnnotatedTests:
    """Finds failing tests in annotations by patterns, the first that matches."""

    def __init__(self, patterns: Sequence[str] = DEFAULTS) -> None:
        self._patterns = [re.compile(pattern, re.DOTALL) for pattern in patterns]

    def __call__(self, title: str, message: str) -> AnnotatedTest | None:
        """The test, None where no pattern matches the message or the title with it."""
        for text in (message, f"{title}: {message}" if title else ""):
            for pattern in self._patterns if text else ():
                if match := pattern.fullmatch(text.strip()):
                    groups = match.groupdict()
                    told = (groups.get("message") or message).strip()
                    return AnnotatedTest(groups.get("suite") or "", groups["test"], told)
        return None
