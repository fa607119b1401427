"""What a first sync will cost: an estimate from the runs that GitHub lists; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Final

from etl.model.rate_limit import Budget

# As docs/scale.md measures them: of a run with its jobs, annotations, logs and report, and of a day's listing.
_OF_A_RUN: Final = 2.5
_OF_A_DAY: Final = 1
# The repository, its workflows and its artifacts.
_OF_A_REPOSITORY: Final = 3
# Ten connections, and answers that take a second: GitHub allows 15 a second.
_A_SECOND: Final = 10
_HOUR_S: Final = 3_600


@dataclass(frozen=True, slots=True)
class Cost:
    """Requests, and the time that they take with GitHub's rate limit, in seconds."""

    requests: int
    seconds: int


def first_sync(runs: Iterable[int], days: int, budget: Budget, reserve: int) -> Cost:
    """The cost of reading so many runs, a number for each repository, of so many days.

    `budget` is the rate limit as GitHub told it; unknown, it counts as endless. `reserve` requests are left.
    """
    numbers = list(runs)
    requests = ceil(sum(numbers) * _OF_A_RUN) + len(numbers) * (days * _OF_A_DAY + _OF_A_REPOSITORY)
    hours = 0
    if budget.limit is not None and budget.remaining is not None:
        kept = min(reserve, budget.limit // 10)
        missing = max(0, requests - max(0, budget.remaining - kept))
        hours = ceil(missing / max(1, budget.limit - kept))
    return Cost(requests, max(ceil(requests / _A_SECOND), hours * _HOUR_S))
