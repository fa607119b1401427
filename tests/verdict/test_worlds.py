"""The organisations of benchmarks/verdicts, few of them: seeds that are not those of the full run."""

from benchmarks.verdicts.cases import cases
from benchmarks.verdicts.measured import figures
from benchmarks.verdicts.world import World

SEEDS = range(9_100, 9_103)


def test_the_bars_are_met():
    found = figures(SEEDS)
    assert not [one for one in found if not one.met]


def test_a_seed_gives_one_world():
    first, second = ([(one.run, one.truths) for one in cases(World(9_100, 14), 1)] for _ in range(2))
    assert first == second
    assert first
