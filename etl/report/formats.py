"""Formats values for people, and makes text from CI harmless. Pure functions."""

import math
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, Final

from rich.cells import cell_len, set_cell_size

UNKNOWN: Final = "–"  # noqa: RUF001
_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY_IN_MINUTES: Final = 1440
_FINE: Final = 10  # seconds; below it, tenths are shown
_SHORT_SHA: Final = 10
_SEVERAL: Final = 2
_ZERO_WIDTH_JOINER = "\u200d"  # holds compound emoji together


class Kind(Enum):
    """What a value means, which decides how it is formatted and aligned."""

    TEXT = auto()
    COUNT = auto()
    RATE = auto()
    DURATION = auto()  # seconds
    MINUTES = auto()
    HOURS = auto()
    COMMIT = auto()  # a SHA
    TIME = auto()  # datetime, or ISO 8601 text
    TREND = auto()  # a rate over time, as a sparkline

    @property
    def is_number(self) -> bool:
        """Whether values of the kind align on the right."""
        return self in (Kind.COUNT, Kind.RATE, Kind.DURATION, Kind.MINUTES, Kind.HOURS)


def written(value: Any, kind: Kind) -> str:
    """A value for people, on one line and without control characters; a dash if unknown."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return UNKNOWN
    if kind is Kind.TIME:
        moment = instant(value)
        return single_line(str(value)) if moment is None else f"{moment:%Y-%m-%d}"
    if kind is Kind.COMMIT:
        return single_line(str(value)[:_SHORT_SHA])
    if not kind.is_number or not isinstance(value, int | float):
        return single_line(str(value))
    return {Kind.RATE: percent, Kind.DURATION: duration, Kind.HOURS: hours}.get(kind, thousands)(value)


def percent(rate: float) -> str:
    """0.9312 → `93.1 %`; only an exact 0 or 1 is shown as 0 % or 100 %."""
    shown = round(rate * 100, 1)
    if 0 < rate < 1:
        shown = min(max(shown, 0.1), 99.9)
    return f"{shown:.1f} %"


def duration(seconds: float) -> str:
    """252.4 → `4m 12s`: the two largest units; below ten seconds, one decimal."""
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if round(seconds, 1) < _FINE:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // 60}m {whole % 60:02}s"
    minutes = round(seconds / 60)
    if minutes < _DAY_IN_MINUTES:
        return f"{minutes // 60}h {minutes % 60:02}m"
    whole_hours = round(seconds / 3600)
    return f"{whole_hours // 24}d {whole_hours % 24:02}h"


def hours(value: float) -> str:
    """Hours as a duration: 49.5 → `2d 02h`."""
    return duration(value * 3600)


def thousands(value: float) -> str:
    """12345.6 → `12,346`."""
    return f"{value:,.0f}"


def change(now: Any, before: Any, kind: Kind) -> str:
    """Change from one period to the next: percentage points for rates, else relative; "" if unknown."""
    if not isinstance(now, int | float) or not isinstance(before, int | float):
        return ""
    if kind is Kind.RATE:
        return _signed((now - before) * 100, "pp")
    return _signed((now / before - 1) * 100, "%") if before else ""


def _signed(amount: float, unit: str) -> str:
    rounded = round(amount, 1)
    return f"±0 {unit}" if rounded == 0 else f"{rounded:+,.1f} {unit}"


def instant(value: Any) -> datetime | None:
    """A datetime, or ISO 8601 text, as UTC; None for anything else. Without a zone it is UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def unix_seconds(value: Any) -> int:
    """What `instant` reads, in Unix seconds; 0 if it reads none."""
    moment = instant(value)
    return int(moment.timestamp()) if moment is not None else 0


def single_line(text: str) -> str:
    """Text on one line, with whitespace collapsed and control characters visible."""
    return harmless(" ".join(text.split()))


def harmless(text: str) -> str:
    """Make characters that control a terminal or reorder a line visible, except newline and tab."""
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character in "\n\t" or character == _ZERO_WIDTH_JOINER:
        return character
    if character < " ":
        return chr(ord("\u2400") + ord(character))
    if character == "\x7f":
        return "\u2421"
    hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return "\ufffd" if hidden else character


def shared_start(texts: Iterable[str], ends: str = " (/:.-_") -> str:
    """What all texts begin with, up to a character that ends a part of a name; "" for fewer than two texts."""
    several = sorted(set(texts))
    if len(several) < _SEVERAL:
        return ""
    # The first and the last in order differ as early as any two do.
    first, last = several[0], several[-1]
    same = next(
        (at for at, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first)
    )
    end = max((at + 1 for at in range(same) if first[at] in ends), default=0)
    return first[:end]


def shorten(text: str, width: int) -> str:
    """Cut in the middle to `width` terminal cells, because names differ at both ends."""
    if cell_len(text) <= width:
        return text
    head = width // 2
    tail = set_cell_size(text[::-1], width - 1 - head)[::-1]
    return f"{set_cell_size(text, head)}…{tail}"
