"""Limits the false discovery rate over all series together."""

from collections.abc import Sequence


def most_allowed(chances: Sequence[float], looked_at: int, max_false: float) -> float:
    """The largest p-value to report, so that at most a share `max_false` of reported changes is false.

    `chances` are the p-values of candidates, one or more for each series; `looked_at` is the number of all
    series (Benjamini and Hochberg, 1995). 0 if nothing may be reported.
    """
    total = max(looked_at, len(chances))
    allowed = 0.0
    for place, value in enumerate(sorted(chances), 1):
        if value <= max_false * place / total:
            allowed = value
    return allowed
