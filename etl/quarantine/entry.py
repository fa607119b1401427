"""The quarantine as data: which tests may fail, since when, until when, and why."""

from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Final

FILE: Final = ".ci-health/quarantine.yaml"
VERSION: Final = 1
# An entry is a loan: nobody may write one that outlives its reason.
LONGEST_DAYS: Final = 90
_SEAL: Final = 10


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One test, by the exact names that its reports give it; its failure passes through `expires`, a day in UTC."""

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
        """A checksum of what decides: damage or a wrong merge must not make another valid entry of it."""
        return _seal(self.suite, self.test, self.since.isoformat(), self.expires.isoformat())

    def is_expired(self, today: date) -> bool:
        """Whether it no longer counts."""
        return today > self.expires


@dataclass(frozen=True, slots=True)
class Quarantine:
    """The whole file; fewer than `min_tests` tests in all reports are too few to believe them."""

    entries: tuple[Entry, ...] = ()
    min_tests: int = 1
    lines: dict[tuple[str, str], int] = field(default_factory=dict, compare=False)

    @property
    def seal(self) -> str:
        """The checksum of what is no entry, so that merges of entries need no new one."""
        return _seal(str(VERSION), str(self.min_tests))


def _seal(*parts: str) -> str:
    data = "".join(f"{len(part)}:{part}" for part in parts)
    return sha256(data.encode("utf-8", "surrogatepass")).hexdigest()[:_SEAL]
