"""Times of points and durations between moments; pure arithmetic on Unix seconds."""

from hashlib import blake2b
from typing import Final

from etl.model.points import NANOSECONDS

# GitHub's machines do not agree on the second: what is apart by no more says nothing.
SKEW_S: Final = 5


def point_time(second: int, *identity: object) -> int:
    """Nanoseconds: the whole second plus an offset below it that the identity alone decides.

    Two different things never overwrite each other, and the same thing written twice is one point.
    """
    return second * NANOSECONDS + offset(*identity) % NANOSECONDS


def offset(*identity: object) -> int:
    """64 bits that stand for an identity."""
    text = "\x1f".join(map(str, identity)).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


def elapsed(start: int | None, stop: int | None) -> float | None:
    """Seconds from start to stop; None where one is missing or they stand the wrong way round."""
    if start is None or stop is None or stop < start:
        return None
    return float(stop - start)


def waited(since: int | None, until: int | None) -> float | None:
    """Seconds of a wait: none where its ends stand the wrong way round by no more than clocks differ."""
    if since is not None and until is not None and 0 < since - until <= SKEW_S:
        return 0.0
    return elapsed(since, until)


def is_skewed(start: int | None, stop: int | None) -> bool:
    """Whether a stop lies further before its start than clocks differ: that cannot be."""
    return start is not None and stop is not None and start - stop > SKEW_S
