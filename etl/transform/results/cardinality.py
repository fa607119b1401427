"""Estimates how many distinct tests a job has, with a sketch that can be merged over days; pure.

The sketch is that of the k smallest hashes (Bar-Yossef et al., "Counting distinct elements in a data
stream", 2002): exact below k names, within about 5 % above. The names with the smallest hashes are also a fair
sample of all distinct names, however often each occurs.
"""

from collections.abc import Collection, Iterable
from hashlib import blake2b
from typing import Final

from etl.model.cardinality import DAY_S, SeenTests, _sketch
from etl.model.evidence import HASH_BYTES
from etl.model.points import NANOSECONDS, Point
from etl.transform.results.identity import KnownTest

_NAMES_KEPT = 32

# Tags with values from CI, besides `test`.
COUNTED_TAGS: Final = ("workflow", "branch", "job", "runner", "step")


def seen_tests(workflow: str, job: str, second: int, tests: Collection[KnownTest]) -> SeenTests:
    """The distinct tests of an execution that ended at `second` (Unix seconds)."""
    sketch = _sketch({test.key for test in tests})
    sample = dict.fromkeys(sketch.keys[:_NAMES_KEPT], "")
    sample |= {test.key: test.name for test in tests if test.key in sample}
    return SeenTests(workflow, job, second // DAY_S, sketch, tuple(sample.values()))


def seen_values(points: Collection[Point]) -> list[SeenTests]:
    """The distinct tag values of points, dated by the day of the last point."""
    if not points:
        return []
    day = max(point.time for point in points) // NANOSECONDS // DAY_S
    tags = [series.tags for series in {id(point.series): point.series for point in points}.values()]
    values = {name: {one[name] for one in tags if name in one} for name in COUNTED_TAGS}
    return [_seen_value(name, day, found) for name, found in values.items() if found]


def _seen_value(tag: str, day: int, values: Iterable[str]) -> SeenTests:
    by_key = {blake2b(value.encode(), digest_size=HASH_BYTES).digest(): value for value in values}
    sketch = _sketch(by_key)
    return SeenTests("", "", day, sketch, tuple(by_key[key] for key in sketch.keys[:_NAMES_KEPT]), tag)
