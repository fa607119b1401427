"""Finds failing tests in annotations, for jobs without a report."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# What patterns see of an annotation: names stand at the beginning, and it bounds their work.
_MAX_SEEN = 4_000

_CLASS = r"(?:[\w$/-]+\.)*(?:[\w$]*(?:Tests?|TestCase|Spec|IT)|Tests?[A-Z_][\w$]*)"
# Class and extension look like class and test: `FooTest.java: error: …`.
_NO_FILE = r"(?!(?:java|kts?|groovy|scala|cs|py|[cm]?[jt]sx?|class|jar|dll|go|rb|php|swift|c|cc|cpp|h)\b)"

# Searched in order; the first that is found counts. `\A` is the beginning of the text: of the message,
# or of the title, whose line is followed by the message.
DEFAULTS = (
    # Go's own output, also below what the test printed; and as linkerd publishes it.
    r"^[ \t]*--- FAIL: (?P<test>[^\s()]*[^\s():])(?: \([\d.]+s\))?:?\s*(?P<message>.*)",
    r"\A(?P<test>Test[A-Z_]\w*(?:/\S+)?)(?: - |\n+)(?P<message>.+)",
    # pytest's summary, and pytest-github-actions-annotate-failures.
    (
        r"\A(?:(?:FAILED|ERROR) )?(?P<suite>[\w./\\-]+\.py)::(?P<test>[\w:]+(?:\[[^\n]*?\](?=\s|:|\Z))?)"
        r"(?:(?: - |: |\n+)(?P<message>.+))?\Z"
    ),
    r"\A(?P<test>(?:\w+\.)*test_\w+(?:\[[^\n]*\])?)\n+(?P<message>.+)",
    # Playwright, Vitest, then Jest; the sign between names is U+203A.
    (
        r"\A\s*\d+\) (?:\[[^\]\n]*\] \u203a )?(?P<suite>[^\n\u203a]+?)(?::\d+){0,2} \u203a (?P<test>[^\n]*[^\s\u2500])[ \u2500]*\n+"
        r"(?P<message>.+)"
    ),
    r"\A(?:\[[^\]\n]*\] )?(?P<suite>[^\n>]+\.[cm]?[jt]sx?) > (?P<test>[^\n]+)\n+(?P<message>.+)",
    r"\A(?=\u25cf |[^\n]+\n)(?:\u25cf )?(?P<suite>[^\n]+) \u203a (?P<test>[^\n\u203a]+)(?:\n+(?P<message>.+))?\Z",
    # dorny/test-reporter; the sign between names is U+25BA.
    r"\A(?P<suite>[^\n\u25ba]+) \u25ba (?P<test>[^\n]+)\n(?:Failed test found in:\n.*?\nError:\n)?(?P<message>.+)",
    # EnricoMi/publish-unit-test-result-action, whose message names the file.
    (
        r"\A(?:(?:All \d+ runs|\d+ out of \d+ runs) (?:failed|with error): )?(?P<test>[^\n]+) \((?P<suite>[^()\n]+)\)"
        r"(?: failed| with error)?\n(?P<message>[^\n]+ \[took .+)"
    ),
    # Gradle, then JUnit: Surefire, mikepenz/action-junit-report, ScaCap/action-surefire-report.
    r"\A(?P<suite>[\w.$]+) > (?P<test>[^\n]+) FAILED(?:\n+(?P<message>.+))?\Z",
    (
        rf"\A(?:\[ERROR\] +)?(?P<suite>{_CLASS})[.#]{_NO_FILE}"
        r"(?P<test>\w+(?:\([^()\n]*\))?(?:\[[^\]\n]*\])?)(?:: |:\d+ )(?P<message>.+)"
    ),
    rf"\A(?P<suite>{_CLASS})[.#]{_NO_FILE}(?P<test>[^\n]+)\n+(?P<message>.+)",
    r"\A(?P<suite>[\w$/.-]+)[.#](?P<test>(?:Test|test)[A-Z_]\w*(?:/[^\n]+|\[[^\n]*\])?)\n+(?P<message>.+)",
)


@dataclass(frozen=True, slots=True)
class AnnotatedTest:
    """A failing test named in an annotation; `suite` is empty if the annotation names none."""

    suite: str
    test: str
    message: str


class AnnotatedTests:
    """Finds failing tests in annotations by patterns.

    A pattern has the group `test`, and may have `suite` and `message`. It is searched in the message,
    then in the title and the message as one text, the title on the first line; `^` and `$` are the
    ends of lines, and a dot is any character.
    """

    def __init__(self, patterns: Sequence[str] = DEFAULTS) -> None:
        self._patterns = [re.compile(pattern, re.DOTALL | re.MULTILINE) for pattern in patterns]

    def __call__(self, title: str, message: str) -> AnnotatedTest | None:
        """The test that the first matching pattern finds, with the full message if the pattern captures none."""
        texts = (message, f"{title}\n{message}") if title else (message,)
        for text in texts:
            seen = text.strip()[:_MAX_SEEN]
            for pattern in self._patterns:
                match = pattern.search(seen)
                if match and match["test"]:
                    return _test(match.groupdict(), message)
        return None


def _test(groups: dict[str, str | None], message: str) -> AnnotatedTest:
    suite, test, told = ((groups.get(name) or "").strip() for name in ("suite", "test", "message"))
    return AnnotatedTest(suite, test, told or message.strip())
