"""Which tests have enough evidence for a quarantine: the one place where that is decided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

# What stands in stored names for what varies, or cannot be stored: no report has such a name.
_ESCAPE: Final = "␛"


@dataclass(frozen=True, slots=True)
class Flaky:
    """A test that is proven to be flaky, over all the jobs that run it."""

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
        """In one line."""
        runs = f" in {self.runs} runs" if self.runs >= self.flakes else ""
        return f"{self.flakes} flakes{runs}, the last on {self.last_seen}" + (
            f": {self.url}" if self.url else ""
        )


def broken(rows: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """The tests that some job finds broken now, by rows of `flaky` or `tests`: none of them may be let pass."""
    return {_name(row) for row in rows if row["test"] and row["state"] == "broken"}


def proven(rows: Iterable[Mapping[str, Any]], *, at_least: int) -> list[Flaky]:
    """Tests that failed and passed on the same code at least so often, and lately, by rows of `flaky`."""
    by_name: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["level"] == "test" and row["state"] == "flaky":
            by_name.setdefault(_name(row), []).append(row)
    found = [_joined(name, own) for name, own in sorted(by_name.items())]
    return [one for one in found if one.flakes >= at_least]


def _name(row: Mapping[str, Any]) -> tuple[str, str]:
    """Tests that only annotations tell of have no suite."""
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
    """Whether a name is one of the store's alone, missing, masked or escaped, which no report has."""
    return (
        not name
        or _ESCAPE in name
        or not name.isprintable()
        or any(one and one in name for one in placeholders)
    )


def passes_since_failure(rows: Iterable[Mapping[str, Any]], suite: str) -> int | None:
    """How often a test passed since it last failed, by rows of `test_history`; None where nothing is known of it."""
    own = [row for row in rows if row["suite"] == suite and row["outcome"] != "skipped"]
    if not own:
        return None
    passes = 0
    for row in sorted(own, key=lambda row: str(row["time"]), reverse=True):
        if row["outcome"] != "passed":
            break
        passes += 1
    return passes
