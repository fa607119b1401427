"""Suggests a mask for names with ever new values; pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# The share of names that a mask must match to be suggested.
_MOST = 0.8


@dataclass(frozen=True, slots=True)
class MaskHint:
    """A rule for `masks.extra`."""

    pattern: str
    placeholder: str


# The most specific first: a mask should keep as much of a name as possible. All take time linear in a name's
# length, whatever its content.
_CANDIDATES = (
    MaskHint(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?", "<time>"),
    MaskHint(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.]+\b", "<email>"),
    MaskHint(r"(?:/[\w.+-]+){3,}", "<path>"),
    MaskHint(r"(?<![0-9A-Za-z])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{6,}(?![0-9A-Za-z])", "<hash>"),
    MaskHint(r"(?<![0-9A-Za-z])(?=[0-9a-z]*\d)(?=[0-9a-z]*[a-z])[0-9a-z]{6,}(?![0-9A-Za-z])", "<id>"),
    MaskHint(r"(?<![0-9A-Za-z])(?=[0-9A-Za-z]*[0-9A-Z])[0-9A-Za-z]{8,}(?![0-9A-Za-z])", "<id>"),
    MaskHint(r"\d{4,}", "<n>"),
    MaskHint(r"\[[^\]]{0,500}\]$", "[<parameters>]"),
    MaskHint(r"\d+", "<n>"),
    MaskHint(r"'[^']*'|\"[^\"]*\"", "<text>"),
)


def mask_hint(names: Sequence[str]) -> MaskHint | None:
    """The most specific mask that matches most of the names; None if none does."""
    for candidate in _CANDIDATES:
        pattern = re.compile(candidate.pattern)
        if names and sum(pattern.search(name) is not None for name in names) >= _MOST * len(names):
            return candidate
    return None
