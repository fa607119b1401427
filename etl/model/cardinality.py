"""How many distinct tests a job has: a sketch of their names."""

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest

from etl.model.evidence import HASH_BYTES

DAY_S = 86_400

TEST_TAG = "test"

_KEPT = 512

_ALL_HASHES = 1 << (8 * HASH_BYTES)


@dataclass(frozen=True, slots=True)
class Sketch:
    """The smallest hashes of all names, concatenated in order."""

    hashes: bytes = b""

    def __or__(self, other: "Sketch") -> "Sketch":
        return _sketch({*self.keys, *other.keys})

    def estimate(self) -> int:
        """How many distinct names there were."""
        count = len(self.hashes) // HASH_BYTES
        if count < _KEPT:
            return count
        largest = int.from_bytes(self.hashes[-HASH_BYTES:], "big")
        return round((_KEPT - 1) * _ALL_HASHES / largest)

    @property
    def keys(self) -> list[bytes]:
        """The hashes, one by one."""
        return [self.hashes[at : at + HASH_BYTES] for at in range(0, len(self.hashes), HASH_BYTES)]


@dataclass(frozen=True, slots=True)
class SeenTests:
    """The distinct tests of a job's execution on a day (days since 1970, UTC), with a sample of their names.

    With another `tag`, the distinct values of that tag in a repository; workflow and job are then empty.
    """

    workflow: str
    job: str
    day: int
    sketch: Sketch
    names: tuple[str, ...]
    tag: str = TEST_TAG


def _sketch(keys: Iterable[bytes]) -> Sketch:
    return Sketch(b"".join(nsmallest(_KEPT, keys)))
