"""Identity of tests: their names as in tags, and keys for hashes and times.

The same tests occur in every run, so the keys of a name are computed once and cached.
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
    """A test by its names as in tags; there is only one object for each, so that it can itself be a key.

    `key` identifies its first result in a job; `number` is the same as a number.
    """

    suite: str
    name: str
    key: bytes
    number: int

    def key_at(self, ordinal: int) -> bytes:
        """The key of its first result (0), its second (1), and so on."""
        return key_of(self.suite, self.name, ordinal) if ordinal else self.key

    def number_at(self, ordinal: int) -> int:
        """The key of a result as a number."""
        return number_of(self.key_at(ordinal)) if ordinal else self.number


def known_tests(masks: Masks) -> Memo[CaseName, KnownTest]:
    """A cache of tests by their names in reports."""
    known = Memo(_known_test, most=_KEPT, length=_length)
    return Memo(lambda case: known[masks(case.suite), masks(case.name)], most=_KEPT, length=_length)


def _length(names: tuple[str, str]) -> int:
    return len(names[0]) + len(names[1])


def _known_test(names: tuple[str, str]) -> KnownTest:
    key = key_of(*names, 0)
    return KnownTest(*names, key, number_of(key))
