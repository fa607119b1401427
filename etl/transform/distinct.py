"""How many distinct tests a job brings: a sketch of their names that days are added up in; pure.

The sketch is that of the k smallest hashes (Bar-Yossef et al., "Counting distinct elements in a data
stream", 2002): exact below k names, within about 5 % above. What has the smallest hashes is also a
fair sample of all distinct names, however often each of them came.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from heapq import nsmallest

from etl.transform.known_tests import HASH_BYTES, KnownTest

DAY_S = 86_400

_KEPT = 512
_NAMES_KEPT = 32
_ALL_HASHES = 1 << (8 * HASH_BYTES)


@dataclass(frozen=True, slots=True)
class Sketch:
    """The smallest hashes of all names, one after the other, in order."""

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
        """Each of them."""
        return [self.hashes[at : at + HASH_BYTES] for at in range(0, len(self.hashes), HASH_BYTES)]


@dataclass(frozen=True, slots=True)
class SeenTests:
    """The distinct tests of a job's execution on a day (days since 1970, UTC), with a sample of their names."""

    workflow: str
    job: str
    day: int
    sketch: Sketch
    names: tuple[str, ...]


def seen_tests(workflow: str, job: str, second: int, tests: Collection[KnownTest]) -> SeenTests:
    """What an execution that ended at `second` (Unix) adds."""
    sketch = _sketch({test.key for test in tests})
    sample = dict.fromkeys(sketch.keys[:_NAMES_KEPT], "")
    sample |= {test.key: test.name for test in tests if test.key in sample}
    return SeenTests(workflow, job, second // DAY_S, sketch, tuple(sample.values()))


def _sketch(keys: Iterable[bytes]) -> Sketch:
    return Sketch(b"".join(nsmallest(_KEPT, keys)))
