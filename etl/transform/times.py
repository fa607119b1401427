"""Times of points, and durations; pure arithmetic on Unix seconds."""

from hashlib import blake2b
from typing import Final

from etl.model.points import NANOSECONDS

# The clocks of GitHub's machines differ by up to this: smaller differences mean nothing.
SKEW_S: Final = 5


def point_time(second: int, *identity: object) -> int:
    """A point's time in nanoseconds: the second plus an offset below a second, a hash of the identity.

    So different points do not overwrite each other, and the same point written twice is stored once.
    """
    return second * NANOSECONDS + offset(*identity) % NANOSECONDS


def offset(*identity: object) -> int:
    """A 64-bit hash of an identity."""
    text = "\x1f".join(map(str, identity)).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


def elapsed(start: int | None, stop: int | None) -> float | None:
    """Seconds from start to stop; None if one is missing or stop is before start."""
    if start is None or stop is None or stop < start:
        return None
    return float(stop - start)


def waited(since: int | None, until: int | None) -> float | None:
    """Seconds of a wait; 0 if it ends before it began by no more than clocks differ."""
    if since is not None and until is not None and 0 < since - until <= SKEW_S:
        return 0.0
    return elapsed(since, until)


def is_skewed(start: int | None, stop: int | None) -> bool:
    """Whether stop is before start by more than clocks differ, which is impossible."""
    return start is not None and stop is not None and start - stop > SKEW_S
