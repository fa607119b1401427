"""Detects reports whose failures come from an outage, not from the tests."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutageGuard:
    """A report in which more than `share` of at least `least` tests fail is an outage."""

    share: float = 0.8
    least: int = 20

    def is_outage(self, failed: int, ran: int) -> bool:
        """Whether so many failed tests, of those that ran, look like an outage."""
        return ran >= self.least and failed > self.share * ran
