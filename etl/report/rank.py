"""Sort orders shared by the views."""

from collections.abc import Iterable

from etl.model.writes import Row

_NAMES = ("repository", "workflow", "job")


def least_reliable(rows: Iterable[Row], n: int | None = None) -> list[Row]:
    """The `n` rows (None: all) with the lowest success rate; more executions first, then by name.

    Rows without a success rate, because no execution counts, are left out.
    """
    rated = [row for row in rows if row["success_rate"] is not None]
    return sorted(rated, key=_reliability)[:n]


def _reliability(row: Row) -> tuple[object, ...]:
    return (row["success_rate"], -row["total"], *(row.get(name, "") for name in _NAMES))


def most_common(rows: Iterable[Row], n: int | None = None) -> list[Row]:
    """The `n` failures (None: all) that happened most often; ties by repository and signature."""
    return sorted(rows, key=lambda row: (-row["count"], row["repository"], row["signature"]))[:n]


def most_failing(rows: Iterable[Row]) -> list[Row]:
    """Tests by how often they failed, broken ones first; ties keep their order."""
    return sorted(rows, key=lambda row: (row["state"] != "broken", -row["failures"]))
