"""Decides which tests have enough evidence to be quarantined."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

# Placeholders in stored names for varying or unstorable text: no report has such a name.
_ESCAPE: Final = "␛"


@dataclass(frozen=True, slots=True)
class Flaky:
    """A test that is proven to be flaky, with its evidence from all jobs that run it."""

    suite: str
    test: str
    flakes: int
    runs: int
    last_seen: date
    url: str = ""

    @property
    def name(self) -> tuple[str, str]:
        """What tells it apart."""
        return self.suite, self.test

    @property
    def evidence(self) -> str:
        """The evidence in one line."""
        runs = f" in {self.runs} runs" if self.runs >= self.flakes else ""
        return f"{self.flakes} flakes{runs}, the last on {self.last_seen}" + (
            f": {self.url}" if self.url else ""
        )


def broken(rows: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Tests that are broken in some job now, from rows of `flaky` or `tests`; their failure must not be tolerated."""
    return {_name(row) for row in rows if row["test"] and row["state"] == "broken"}


def proven(rows: Iterable[Mapping[str, Any]], *, at_least: int) -> list[Flaky]:
    """Tests that recently failed and passed on the same code, at least as often as required, from rows of `flaky`."""
    by_name: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        if (row["level"], row["evidence"], row["state"]) == ("test", "proven", "flaky"):
            by_name.setdefault(_name(row), []).append(row)
    found = [_joined(name, own) for name, own in sorted(by_name.items())]
    return [one for one in found if one.flakes >= at_least]


def _name(row: Mapping[str, Any]) -> tuple[str, str]:
    """The suite and name of a row's test; without a suite if only annotations name the test."""
    return row["suite"] or "", row["test"]


def _joined(name: tuple[str, str], rows: list[Mapping[str, Any]]) -> Flaky:
    last = max(rows, key=lambda row: str(row["last_seen"]))
    return Flaky(
        *name,
        flakes=sum(int(row["flakes"]) for row in rows),
        runs=sum(int(row["runs"] or 0) for row in rows),
        last_seen=_day(last["last_seen"]),
        url=str(last["failed_url"] or ""),
    )


def _day(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else date.fromisoformat(str(value)[:10])


def is_stored_name(name: str, placeholders: Iterable[str]) -> bool:
    """Whether a name exists only in the store (missing, masked or escaped), so that no report has it."""
    return (
        not name
        or _ESCAPE in name
        or not name.isprintable()
        or any(one and one in name for one in placeholders)
    )


def passes_since_failure(rows: Iterable[Mapping[str, Any]], suite: str) -> int | None:
    """How often a test passed since its last failure, from rows of `test_history`; None if there are no rows."""
    own = [row for row in rows if row["suite"] == suite and row["outcome"] != "skipped"]
    if not own:
        return None
    passes = 0
    for row in sorted(own, key=lambda row: str(row["time"]), reverse=True):
        if row["outcome"] != "passed":
            break
        passes += 1
    return passes
