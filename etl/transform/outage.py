"""Reports that tell of an outage rather than of tests."""

from collections.abc import Sequence
from dataclasses import dataclass

from etl.extract.results import Outcome, Result


@dataclass(frozen=True, slots=True)
class OutageGuard:
    """A report in which more than `share` of at least `least` tests fail is an outage."""

    share: float = 0.8
    least: int = 20

    def is_outage(self, results: Sequence[Result]) -> bool:
        """Whether the results that ran look like one."""
        ran = [result for result in results if result.outcome is not Outcome.SKIPPED]
        red = sum(result.outcome.is_red for result in ran)
        return len(ran) >= self.least and red > self.share * len(ran)
