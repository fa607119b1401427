"""How long another side asks to wait, in whatever form it says so; pure.

Source: RFC 9110, "Retry-After": seconds, or a date.
"""

from email.utils import parsedate_to_datetime
from typing import Final

# Who asks for more is wrong, or means harm: nobody waits forever without asking again.
MAX_S: Final = 86_400.0


def retry_after(value: str, now: float) -> float | None:
    """Seconds from `now` (Unix seconds) that a Retry-After header names, a day at most; None for none."""
    value = value.strip()
    if value.isdecimal():
        return min(MAX_S, float(value))
    try:
        return max(0.0, min(MAX_S, parsedate_to_datetime(value).timestamp() - now))
    except (ValueError, OverflowError):
        return None
