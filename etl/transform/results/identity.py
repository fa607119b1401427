"""Tests by their names as tags have them, and what stands for them in hashes and times.

The same tests come with every run: what is made of a name is made once and kept.
"""

from dataclasses import dataclass
from typing import Final

from etl.memo import Memo
from etl.model.evidence import key_of, number_of
from etl.model.results import CaseName
from etl.transform.names import Masks

_KEPT: Final = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class KnownTest:
    """A test by its names as tags have them; there is one object for it, so that it can be a key itself.

    `key` is that of its first result in a job, `number` the same as a number.
    """

    suite: str
    name: str
    key: bytes
    number: int

    def key_at(self, ordinal: int) -> bytes:
        """The key of its first result (0), its second (1), and so on."""
        return key_of(self.suite, self.name, ordinal) if ordinal else self.key

    def number_at(self, ordinal: int) -> int:
        """The same as a number."""
        return number_of(self.key_at(ordinal)) if ordinal else self.number


def known_tests(masks: Masks) -> Memo[CaseName, KnownTest]:
    """Tests by their names in reports."""
    known = Memo(_known_test, most=_KEPT, length=_length)
    return Memo(lambda case: known[masks(case.suite), masks(case.name)], most=_KEPT, length=_length)


def _length(names: tuple[str, str]) -> int:
    return len(names[0]) + len(names[1])


def _known_test(names: tuple[str, str]) -> KnownTest:
    key = key_of(*names, 0)
    return KnownTest(*names, key, number_of(key))
