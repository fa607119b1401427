"""The chain's sums against all sequences of states, one by one."""

import itertools
from math import exp, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.verdict.chain import _SLIPS, Pace, state
from etl.verdict.tables import DAY_S
from tests.verdict.cases import HOUR_S, NOW, base

PACE = Pace(5.0, 0.5)
LETTERS = st.text("PR", max_size=4)


def by_enumeration(before, after, rate):
    """How likely all results are, with the line good (False) or broken (True) when the run began."""
    found = {False: 0.0, True: 0.0}
    times = [*(one.time for one in before), NOW, *(one.time for one in after)]
    results = [*before, None, *after]
    for states in itertools.product((False, True), repeat=len(times)):
        broken = PACE.repair / (PACE.between + PACE.repair)
        chance = broken if states[0] else 1 - broken
        for place, (one, two) in enumerate(itertools.pairwise(states)):
            days = max(times[place + 1] - times[place], 600) / DAY_S
            changes = 1 - exp(-days / (PACE.repair if one else PACE.between))
            chance *= changes if one is not two else 1 - changes
        chance *= prod(
            (_SLIPS if broken else 1 - rate) if one.passed else (1 - _SLIPS if broken else rate)
            for one, broken in zip(results, states, strict=True)
            if one is not None
        )
        found[states[len(before)]] += chance
    return found


@given(LETTERS, LETTERS, st.floats(0.001, 0.9))
def test_forward_and_backward_sums_are_those_of_all_sequences(earlier, later, rate):
    before = base(earlier)
    after = base(later, until=NOW + len(later) * HOUR_S, every=HOUR_S)
    found = state(before, after, NOW, rate, PACE)
    expected = by_enumeration(before, after, rate)
    assert found.good == pytest.approx(expected[False])
    assert found.breaks + found.broken == pytest.approx(expected[True])
