"""The share of false findings, kept over all series together."""

from collections.abc import Sequence


def most_allowed(chances: Sequence[float], looked_at: int, max_false: float) -> float:
    """The greatest chance that may be told, so that at most a share `max_false` of what is told is false.

    `chances` of what stands out, one or more a series; `looked_at`: how many series there were in all
    (Benjamini and Hochberg, 1995). 0 where nothing may be told.
    """
    total = max(looked_at, len(chances))
    allowed = 0.0
    for place, value in enumerate(sorted(chances), 1):
        if value <= max_false * place / total:
            allowed = value
    return allowed
