"""How many distinct tests a job brings: a sketch of their names that days are added up in; pure.

The sketch is that of the k smallest hashes (Bar-Yossef et al., "Counting distinct elements in a data
stream", 2002): exact below k names, within about 5 % above. What has the smallest hashes is also a
fair sample of all distinct names, however often each of them came.
"""

from collections.abc import Collection

from etl.model.cardinality import DAY_S, SeenTests, _sketch
from etl.transform.results.identity import KnownTest

_NAMES_KEPT = 32


def seen_tests(workflow: str, job: str, second: int, tests: Collection[KnownTest]) -> SeenTests:
    """What an execution that ended at `second` (Unix) adds."""
    sketch = _sketch({test.key for test in tests})
    sample = dict.fromkeys(sketch.keys[:_NAMES_KEPT], "")
    sample |= {test.key: test.name for test in tests if test.key in sample}
    return SeenTests(workflow, job, second // DAY_S, sketch, tuple(sample.values()))
