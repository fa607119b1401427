"""What a verification found, and how the store is asked for what it has."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from etl.load.store import Store
from etl.pipeline.comparison import Entry, Stored, absent, as_json
from etl.pipeline.run_reader import DAY_S, HOUR_S, MAX_RUN_S, RERUN_S

# Clocks differ, and GitHub stamps what it decides by itself a little before the run was created.
MARGIN_S = HOUR_S


@dataclass(slots=True)
class Verification:
    """What became of a repository: counts of what GitHub has and was looked for in the store.

    `missing` is in GitHub alone, `extra` in the store alone; `repaired` was missing and is there now. `holes` has
    what is missing by the day (its first second) on which its runs were created. `unread` counts runs that changed since the last
    sync or of which attempts or jobs are open, `unchecked` attempts whose jobs were not asked for, and `days_left` days that were not looked at:
    the allowed requests were spent, or the store does not keep points so long. `reread` counts the runs
    that were read again.
    """

    repository: str
    runs: int = 0
    attempts: int = 0
    jobs: int = 0
    holes: dict[int, list[Entry]] = field(default_factory=dict)
    repaired: list[Entry] = field(default_factory=list)
    extra: list[Entry] = field(default_factory=list)
    unread: int = 0
    unchecked: int = 0
    days_left: int = 0
    reread: int = 0
    requests: int = 0
    anomalies: int = 0
    error: str | None = None

    @property
    def missing(self) -> list[Entry]:
        """What GitHub has and the store has not."""
        return [entry for entries in self.holes.values() for entry in entries]

    def as_json(self) -> dict[str, Any]:
        """The object of `ci-health verify --json`."""
        named = {"missing": self.missing, "repaired": self.repaired, "extra": self.extra}
        counts = {key: value for key, value in asdict(self).items() if key not in (*named, "holes")}
        return counts | {name: [as_json(one) for one in entries] for name, entries in named.items()}


class StoredDays:
    """What the store has from a day on, asked for a day at a time: a run may end 35 days after its last re-run."""

    def __init__(self, store: Store, repository: str, start: int, now: float) -> None:
        self._store = store
        self._repository = repository
        self._next = start - MARGIN_S
        self._stop = min(int(now) + MARGIN_S, start + DAY_S + RERUN_S + MAX_RUN_S)
        self.stored = Stored()

    async def read(self) -> None:
        """Ask for the next day."""
        start, stop = (datetime.fromtimestamp(at, UTC) for at in (self._next, self._next + DAY_S))
        asked = {"start": start, "stop": stop, "repository": self._repository}
        self.stored.add(await self._store.query("stored", asked))
        self._next += DAY_S

    async def read_while(self, incomplete: Callable[[], bool]) -> None:
        """Ask for further days while something is not found that may be there."""
        while self._next < self._stop and incomplete():
            await self.read()


async def look_again(store: Store, found: Verification, now: float) -> None:
    """Look whether what was missing is there now (Unix seconds): then it counts as repaired."""
    for start, entries in list(found.holes.items()):
        left = await _absent(StoredDays(store, found.repository, start, now), entries)
        found.repaired += [entry for entry in entries if entry not in left]
        found.holes[start] = left


async def _absent(days: StoredDays, entries: Sequence[Entry]) -> list[Entry]:
    await days.read_while(lambda: bool(absent(entries, days.stored)))
    return absent(entries, days.stored)
