"""Metadata of the state: what shaped the points that are written, and which days were verified."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Engine, select

from etl.settings import Settings
from etl.state import tables
from etl.state.database import upsert

_NAMING, _READING = "naming", "reading"
_VERIFIED, _INTERVAL, _DIGEST = "verified", "interval", "digest"


@dataclass(frozen=True, slots=True)
class Verified:
    """The day of the past (its first second) that was last held against GitHub, and when (Unix seconds)."""

    day: int
    at: int


def naming_of(settings: Settings) -> dict[str, Any]:
    """The settings that shape tags, as they are stored."""
    shaping: dict[str, Any] = settings.model_dump(
        mode="json", include={"branches": True, "masks": True, "failures": True, "tests": {"jobs"}}
    )
    jobs = shaping.pop("tests")["jobs"]
    return {**shaping, "tests.jobs": jobs}


class Metadata:
    """Named JSON values."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, settings: Settings, versions: Mapping[str, int]) -> None:
        """In a new state, note what later settings and rules are compared with."""
        if self._get(_NAMING) is None:
            if self._get(_READING) is None:
                self.accept_reading(versions)
            self.accept_naming(settings)

    def changed_naming(self, settings: Settings) -> list[str]:
        """Names of the settings that shape tags and are not what they were; in a new state, none."""
        before = self._get(_NAMING)
        return [name for name, value in naming_of(settings).items() if before and before.get(name) != value]

    def accept_naming(self, settings: Settings) -> None:
        """From now on these settings are what is compared with."""
        self._set(_NAMING, naming_of(settings))

    def changed_reading(self, versions: Mapping[str, int]) -> list[str]:
        """Names of the rules that are newer than those that stored points were read by; in a new state, none."""
        before = self._get(_READING)
        if before is None and self._get(_NAMING) is None:
            return []
        return [name for name, version in versions.items() if (before or {}).get(name, 1) != version]

    def accept_reading(self, versions: Mapping[str, int]) -> None:
        """From now on these versions are what is compared with."""
        self._set(_READING, dict(versions))

    def verified(self, repository_id: int) -> Verified | None:
        """The day of a repository that was verified last; None where none was."""
        found = self._get(f"{_VERIFIED} {repository_id}")
        return None if found is None else Verified(**found)

    def set_verified(self, repository_id: int, verified: Verified) -> None:
        """Remember the day that was verified last."""
        self._set(f"{_VERIFIED} {repository_id}", asdict(verified))

    def begin_interval(self, seconds: int, now: int) -> bool:
        """Whether an interval of so many seconds has begun by now (Unix seconds), for one caller of all.

        One that began in the future was begun by a clock that was ahead: it does not count.
        """
        value = tables.facts.c.value
        with self._engine.begin() as connection:
            began = connection.scalar(select(value).where(tables.facts.c.name == _INTERVAL).with_for_update())
            if began is not None and 0 <= now - began < seconds:
                return False
            # In step with earlier ones, however late this is noticed.
            start = now if began is None or began > now else now - (now - began) % seconds
            upsert(connection, tables.facts, {"name": _INTERVAL, "value": start})
        return True

    def last_digest(self) -> int | None:
        """When the digest that was sent last was due (Unix seconds); None in a new state."""
        found = self._get(_DIGEST)
        return None if found is None else int(found)

    def claim_digest(self, due: int) -> bool:
        """Whether the caller shall send the digest that was due then, alone of all callers."""
        value = tables.facts.c.value
        with self._engine.begin() as connection:
            before = connection.scalar(select(value).where(tables.facts.c.name == _DIGEST).with_for_update())
            if before is not None and due <= before:
                return False
            upsert(connection, tables.facts, {"name": _DIGEST, "value": due})
        return True

    def return_digest(self, due: int, before: int) -> None:
        """Give back the claim on a digest that was not sent; `before` is the one sent last."""
        if self._get(_DIGEST) == due:
            self._set(_DIGEST, before)

    def _get(self, name: str) -> Any:
        table = tables.facts
        with self._engine.connect() as connection:
            return connection.scalar(select(table.c.value).where(table.c.name == name))

    def _set(self, name: str, value: Any) -> None:
        with self._engine.begin() as connection:
            upsert(connection, tables.facts, {"name": name, "value": value})
