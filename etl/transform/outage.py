"""Reports that tell of an outage rather than of tests."""

from collections.abc import Sequence
from dataclasses import dataclass

from etl.extract.results import Outcome, Result, failing


@dataclass(frozen=True, slots=True)
class OutageGuard:
    """A report in which more than `share` of at least `least` tests fail is an outage."""

    share: float = 0.8
    least: int = 20

    def is_outage(self, results: Sequence[Result]) -> bool:
        """Whether the results that ran look like one."""
        ran = [result for result in results if result.outcome is not Outcome.SKIPPED]
        return len(ran) >= self.least and len(failing(ran)) > self.share * len(ran)
