"""Results of a verification, and the queries for what the store has."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from etl.load.store import Store
from etl.pipeline.comparison import Entry, Stored, absent, as_json
from etl.pipeline.run_reader import DAY_S, HOUR_S, MAX_RUN_S, RERUN_S

# Clocks differ, and GitHub dates jobs that it ends itself slightly before the run was created.
MARGIN_S = HOUR_S


@dataclass(slots=True)
class Verification:
    """Result for one repository; `runs`, `attempts` and `jobs` count what GitHub has and the store should have.

    Only GitHub has the `missing` entries, only the store the `extra` ones; `repaired` ones were missing before.
    `holes` has the missing entries by the day (its first second) on which their runs were created. `unread`
    counts runs that were skipped, since they changed after the last sync or have open attempts or jobs;
    `unchecked` attempts whose jobs were not requested, and `days_left` days that were skipped, since the requests
    were spent; `days_expired` days that are older than the store's retention; `reread` runs that were read again.
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
    days_expired: int = 0
    reread: int = 0
    requests: int = 0
    anomalies: int = 0
    error: str | None = None

    @property
    def missing(self) -> list[Entry]:
        """Entries that GitHub has and the store lacks."""
        return [entry for entries in self.holes.values() for entry in entries]

    @property
    def incomplete(self) -> bool:
        """Whether the requests did not suffice to compare everything."""
        return bool(self.unchecked or self.days_left)

    def as_json(self) -> dict[str, Any]:
        """The object of `ci-health verify --json`."""
        named = {"missing": self.missing, "repaired": self.repaired, "extra": self.extra}
        counts = {key: value for key, value in asdict(self).items() if key not in (*named, "holes")}
        return counts | {name: [as_json(entry) for entry in entries] for name, entries in named.items()}


class StoredDays:
    """The store's entries from a day on, queried one day at a time: a run may end 35 days after its last re-run."""

    def __init__(self, store: Store, repository: str, start: int, now: float) -> None:
        self._store = store
        self._repository = repository
        self._next = start - MARGIN_S
        self._stop = min(int(now) + MARGIN_S, start + DAY_S + RERUN_S + MAX_RUN_S)
        self.stored = Stored()

    async def read(self) -> None:
        """Query the next day."""
        start, stop = (datetime.fromtimestamp(at, UTC) for at in (self._next, self._next + DAY_S))
        asked = {"start": start, "stop": stop, "repository": self._repository}
        self.stored.add(await self._store.query("stored", asked))
        self._next += DAY_S

    async def read_while(self, incomplete: Callable[[], bool]) -> None:
        """Query further days while `incomplete` is true and entries may follow."""
        while self._next < self._stop and incomplete():
            await self.read()


async def look_again(store: Store, found: Verification, now: float) -> None:
    """Query missing entries again; those found are moved to `repaired`. `now` is in Unix seconds."""
    for start, entries in list(found.holes.items()):
        left = await _absent(StoredDays(store, found.repository, start, now), entries)
        found.repaired += [entry for entry in entries if entry not in left]
        found.holes[start] = left


async def _absent(days: StoredDays, entries: Sequence[Entry]) -> list[Entry]:
    await days.read_while(lambda: bool(absent(entries, days.stored)))
    return absent(entries, days.stored)
