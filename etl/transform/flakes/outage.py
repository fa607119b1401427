"""Detects reports whose failures come from an outage, not from the tests."""

from collections import Counter
from dataclasses import dataclass

from etl.model.results import Outcome


@dataclass(frozen=True, slots=True)
class OutageGuard:
    """A report in which more than `share` of at least `least` tests fail is an outage."""

    share: float = 0.8
    least: int = 20

    def is_outage(self, counts: Counter[Outcome]) -> bool:
        """Whether these outcomes look like an outage; skipped tests do not count."""
        ran = counts.total() - counts[Outcome.SKIPPED]
        return ran >= self.least and counts[Outcome.FAILED] + counts[Outcome.ERROR] > self.share * ran
