"""What was left out or looked wrong: counted by kind, told in the log, never a failure."""

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One oddity in what GitHub sent: its kind (a short stable name), what it is, and its URL."""

    kind: str
    detail: str
    url: str = ""


class Anomalies:
    """Counts anomalies by kind and logs each as it comes."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add(self, *anomalies: Anomaly) -> None:
        """Count and log."""
        # Here, for what only reads reports and never logs: structlog takes longer to import than all of that.
        import structlog  # noqa: PLC0415

        log = structlog.get_logger(__name__)
        for anomaly in anomalies:
            self.counts[anomaly.kind] += 1
            log.warning("anomaly", kind=anomaly.kind, detail=anomaly.detail, url=anomaly.url)

    @property
    def total(self) -> int:
        """How many there were, of all kinds."""
        return self.counts.total()
