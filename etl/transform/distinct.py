"""How many distinct tests a job brings: a sketch of their names that days are added up in; pure.

The sketch is that of the k smallest hashes (Bar-Yossef et al., "Counting distinct elements in a data
stream", 2002): exact below k names, within about 5 % above. What has the smallest hashes is also a
fair sample of all distinct names, however often each of them came.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from etl.extract.results import Result
from etl.transform.executions import HASH_BYTES, key_of

DAY_S = 86_400

_KEPT = 512
_NAMES_KEPT = 32
_ALL_HASHES = 1 << (8 * HASH_BYTES)


@dataclass(frozen=True, slots=True)
class Sketch:
    """The smallest hashes of all names, one after the other, in order."""

    hashes: bytes = b""

    def __or__(self, other: "Sketch") -> "Sketch":
        return _sketch({*self._each(), *other._each()})

    def estimate(self) -> int:
        """How many distinct names there were."""
        count = len(self.hashes) // HASH_BYTES
        if count < _KEPT:
            return count
        largest = int.from_bytes(self.hashes[-HASH_BYTES:], "big")
        return round((_KEPT - 1) * _ALL_HASHES / largest)

    def _each(self) -> list[bytes]:
        return [self.hashes[at : at + HASH_BYTES] for at in range(0, len(self.hashes), HASH_BYTES)]


@dataclass(frozen=True, slots=True)
class SeenTests:
    """The distinct tests of a job's execution on a day (days since 1970, UTC), with a sample of their names."""

    workflow: str
    job: str
    day: int
    sketch: Sketch
    names: tuple[str, ...]


def seen_tests(workflow: str, job: str, second: int, results: Sequence[Result]) -> SeenTests:
    """What an execution that ended at `second` (Unix) adds; names as tags have them."""
    names = {key_of(result.suite, result.name, 0): result.name for result in results}
    sample = tuple(names[key] for key in nsmallest(_NAMES_KEPT, names))
    return SeenTests(workflow, job, second // DAY_S, _sketch(names), sample)


def _sketch(keys: Iterable[bytes]) -> Sketch:
    return Sketch(b"".join(nsmallest(_KEPT, keys)))
