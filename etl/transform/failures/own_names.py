"""Replaces a test's own name in its message, and marks messages that say nothing without it."""

import re
from functools import lru_cache
from typing import Final

_TEST: Final = "<test>"
_SEEN: Final = 8_000
# A name of one plain word may be part of any sentence.
_PLAIN = re.compile(r"[A-Za-z]?[a-z]{0,11}")
_PARTS = re.compile(r"[.\\/:#]+")
_PLACEHOLDER = re.compile(r"<[a-z-]{1,24}(?::\d{1,4})?>")
# Words of assertions, which compare and do not tell what.
_ASSERTION = re.compile(
    r"(?i)\b(?:actual|and|assert(?:ion|ions|ionerror|ed|ing|ionfailederror)?|be|but|deep(?:ly)?|differ|equal(?:s|ity|to)?"
    r"|err_assertion|error|exception|expect(?:ed|ation|ing)?|fail(?:ed|ure|ing)?|false|found|got|greater|have|in|instead|is"
    r"|left|less|nil|none|not|null|object|of|or|panicked|received|right|same|should|strict(?:ly)?|than|that|the|to"
    r"|to(?:be|equal|strictequal|bless|begreaterthan|belessthan)|true|undefined|value[s]?|want(?:ed)?|was|were|with)\b"
)
_LETTER = re.compile(r"[^\W_]")


def without_own_name(message: str, suite: str, test: str) -> str:
    """The message with `<test>` for the test's own name, with or without its suite's."""
    head, tail = message[:_SEEN], message[_SEEN:]
    if not test or test not in head:
        return message
    return _own_name(suite, test).sub(_TEST, head) + tail


def with_place(template: str, place: str) -> str:
    """The template, with its place added if it only compares placeholders and would fit any failure."""
    told = _ASSERTION.sub("", _PLACEHOLDER.sub("", template))
    return template if _LETTER.search(told) or not place else f"{template} (in {place})".lstrip()


@lru_cache(maxsize=512)
def _own_name(suite: str, test: str) -> re.Pattern[str]:
    parts = [re.escape(part) for part in _PARTS.split(suite) if part]
    between = r"[.\\/:#]{1,2}"
    # The last part of a class stands for all of it.
    spellings = [between.join(parts[place:]) for place in range(len(parts))] if len(parts) < 20 else []  # noqa: PLR2004
    around = "|".join(filter(None, spellings))
    name = rf"{re.escape(test)}(?![\w])"
    prefixed = rf"(?<![\w])(?:{around})(?:[.\\/:#]{{1,2}}| > | - ){name}" if around else ""
    alone = rf"(?<![\w]){name}"
    # At the beginning, a plain word is a name where a sign follows it.
    alone = rf"\A{name}(?=\s*[:-])" if _PLAIN.fullmatch(test) else alone
    return re.compile("|".join(filter(None, (prefixed, alone))))
