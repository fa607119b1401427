"""The worlds of benchmarks/judgements, small: seeds and rates that are not those of the full run."""

from pathlib import Path

import pytest

from benchmarks.judgements import cost, flaky, jobs, linkerd, steps
from benchmarks.judgements.worlds import FlakyWorld, JobWorld

SEEDS = range(9_100, 9_103)


def unmet(figures):
    return [figure for figure in figures if not figure.met]


def test_jobs_that_do_not_change_are_not_worse():
    assert not unmet(jobs.unchanged(JobWorld(jobs=20), SEEDS, every=7))


def test_jobs_that_change_are_found():
    found, *_, wrong = jobs.changed(JobWorld(changed=8, noise=(0.05, 0.15), rates=(0.99, 0.7)), SEEDS)
    assert found.value >= 0.9
    assert wrong.value <= 0.02


def test_known_rates_are_listed_and_nothing_else():
    assert not unmet(flaky.known_rates(FlakyWorld(rates=(0.04, 0.3), a_day=10), SEEDS))


def test_culprits_are_named():
    assert not unmet(flaky.known_breaks(FlakyWorld(a_day=6), SEEDS, "breaks"))


@pytest.mark.skipif(not flaky.DATA.exists(), reason="FlakeFlagger's data is not here")
def test_real_rates_of_failure():
    assert not unmet(flaky.reruns(9_100, 3_000, commits=200))


@pytest.mark.skipif(not steps.DATA.exists(), reason="linkerd's data is not here")
def test_steps_in_real_durations():
    score, without = steps.run(9_100, shuffled=True, series=6)
    assert score.value >= 0.5
    assert without.met


def test_a_longer_series_costs_no_more_than_its_length():
    short, long = (steps.cost(1, series=10, length=length).value for length in (1_000, 2_000))
    assert long < 3 * short


@pytest.mark.skipif(not linkerd.DATA.exists(), reason="linkerd's data is not here")
def test_suspected_flakes_of_linkerds_month():
    """A line each; whoever reads the 398 messages should agree: they come again, and green runs lie between."""
    golden = (Path(__file__).parent / "linkerd_flakes.txt").read_text("utf-8").splitlines()
    assert linkerd.suspected() == golden


def test_what_did_not_change_costs_next_to_nothing():
    first, again, most = cost.run(9_100, jobs=20, tests=400)
    assert again.value < first.value / 3
    assert most.met
