"""How long tests wait, and how they tell work that grows with its input from work that grows faster.

No test fails because a machine is slow: a wait ends only for what hangs, and speed is the ratio of two
processor times.
"""

from collections.abc import Callable
from time import process_time
from typing import Final, TypeVar

_Given = TypeVar("_Given")

# Only what never comes takes this long, on a machine ten times slower than a laptop.
HANGS_S: Final = 600.0
# Quadratic work on inputs of the tests' sizes takes far longer; below this a ratio would be noise.
_SHORT_S: Final = 0.05
# Twice the input takes twice the time of linear work, and four times that of quadratic work.
_MAX_GROWTH: Final = 3.0
_SAMPLES: Final = 8


def assert_linear(work: Callable[[_Given], object], given_of: Callable[[int], _Given], size: int) -> None:
    """Assert that work on what is of the size 2 * `size` takes less than three times as long as on `size`."""
    once, twice = given_of(size), given_of(2 * size)
    if _processor_s(work, twice) < _SHORT_S:
        return
    least_once = least_twice = float("inf")
    # What else runs on the machine makes some samples longer, and none shorter.
    for _ in range(_SAMPLES):
        least_once = min(least_once, _processor_s(work, once))
        least_twice = min(least_twice, _processor_s(work, twice))
        if least_twice < _MAX_GROWTH * least_once:
            return
    growth = least_twice / least_once
    raise AssertionError(f"{2 * size} take {growth:.1f} times what {size} take: {str(once)[:40]!r}")


def _processor_s(work: Callable[[_Given], object], given: _Given) -> float:
    began = process_time()
    work(given)
    return process_time() - began
