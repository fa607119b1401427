"""Reports that tell of an outage rather than of tests."""

from collections import Counter
from dataclasses import dataclass

from etl.model.results import Outcome


@dataclass(frozen=True, slots=True)
class OutageGuard:
    """A report in which more than `share` of at least `least` tests fail is an outage."""

    share: float = 0.8
    least: int = 20

    def is_outage(self, counts: Counter[Outcome]) -> bool:
        """Whether results of these outcomes look like one; those that were skipped say nothing."""
        ran = counts.total() - counts[Outcome.SKIPPED]
        return ran >= self.least and counts[Outcome.FAILED] + counts[Outcome.ERROR] > self.share * ran
