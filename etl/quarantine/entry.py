"""The quarantine as data: which tests may fail, since when, until when, and why."""

from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Final

FILE: Final = ".ci-health/quarantine.yaml"
VERSION: Final = 1
# Entries are temporary: an entry may not be written for longer than this.
LONGEST_DAYS: Final = 90
_SEAL: Final = 10


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One test, named exactly as in its reports; it may fail until the end of the day `expires` (UTC)."""

    suite: str
    test: str
    since: date
    expires: date
    reason: str = ""
    evidence: str = ""
    owner: str = ""

    @property
    def name(self) -> tuple[str, str]:
        """What tells it apart."""
        return self.suite, self.test

    @property
    def seal(self) -> str:
        """A checksum of the fields that matter: damage or a wrong merge must not yield another valid entry."""
        return _seal(self.suite, self.test, self.since.isoformat(), self.expires.isoformat())

    def is_expired(self, today: date) -> bool:
        """Whether the entry has expired."""
        return today > self.expires


@dataclass(frozen=True, slots=True)
class Quarantine:
    """The content of the file; reports with fewer than `min_tests` tests in all are not trusted."""

    entries: tuple[Entry, ...] = ()
    min_tests: int = 1
    lines: dict[tuple[str, str], int] = field(default_factory=dict, compare=False)

    @property
    def seal(self) -> str:
        """The checksum of everything but the entries, so that merging entries needs no new one."""
        return _seal(str(VERSION), str(self.min_tests))


def _seal(*parts: str) -> str:
    data = "".join(f"{len(part)}:{part}" for part in parts)
    return sha256(data.encode("utf-8", "surrogatepass")).hexdigest()[:_SEAL]
