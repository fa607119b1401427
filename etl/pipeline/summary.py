"""Summary of one repository's sync: a row of `ci-health sync --json`."""

from dataclasses import asdict, dataclass, field
from typing import Any

_NOT_IN_JSON = ("superseded", "not_modified_by_kind", "anomalies_by_kind", "open_by_kind", "duration_s")


@dataclass(slots=True)
class Summary:
    """Counts and warnings (sentences) of one sync; kinds of requests are those of etl/extract/github/kinds.py.

    `open` counts pieces that could not be read yet, in this sync or an earlier one. `error` says why the sync
    stopped; None if it did not. `retry_at` (ISO 8601, UTC) is when GitHub's rate limit allows the next sync;
    None if waiting would not help. `superseded`: another process has taken over the repository.
    """

    repository: str
    runs: int = 0
    attempts: int = 0
    jobs: int = 0
    tests: int = 0
    points: int = 0
    requests: int = 0
    not_modified: int = 0
    rate_limit_remaining: int | None = None
    anomalies: int = 0
    open: int = 0
    error: str | None = None
    retry_at: str | None = None
    superseded: bool = False
    warnings: list[str] = field(default_factory=list)
    requests_by_kind: dict[str, int] = field(default_factory=dict)
    not_modified_by_kind: dict[str, int] = field(default_factory=dict)
    anomalies_by_kind: dict[str, int] = field(default_factory=dict)
    open_by_kind: dict[str, int] = field(default_factory=dict)
    duration_s: float = 0.0

    def include(self, other: "Summary") -> None:
        """Add the counts of another session on the same repository."""
        for name in ("runs", "attempts", "jobs", "tests", "points", "requests", "not_modified", "anomalies"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for mine, theirs in (
            (self.requests_by_kind, other.requests_by_kind),
            (self.not_modified_by_kind, other.not_modified_by_kind),
            (self.anomalies_by_kind, other.anomalies_by_kind),
        ):
            for kind, count in theirs.items():
                mine[kind] = mine.get(kind, 0) + count

    def as_json(self) -> dict[str, Any]:
        """The object of `ci-health sync --json`."""
        return {name: value for name, value in asdict(self).items() if name not in _NOT_IN_JSON}

    def counts(self) -> dict[str, Any]:
        """Only the counts, for the log."""
        left_out = ("repository", "error", "retry_at", "warnings", "requests_by_kind")
        return {name: value for name, value in self.as_json().items() if name not in left_out}
