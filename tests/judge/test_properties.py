"""Whatever the results are: no exception, and nothing is told of too few or equal ones."""

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from etl.judge.finding import Kind, Reason
from etl.judge.history import History, Level, Measure, Outcome, Run, Subject
from etl.judge.judge import BREAKS, FLAKES, RATE, Judge
from etl.judge.lasting import lasting
from etl.judge.times import DURATION, QUEUED

JOB = Subject("acme/rocket", Level.JOB, "CI", "unit")
TEST = Subject("acme/rocket", Level.TEST, "CI", "unit", "suite", "test")
DAY = 86_400

# Clocks that jump, commits that come again, lines that cross.
RUN = st.builds(
    Run,
    time=st.integers(0, 2_000_000_000),
    sha=st.text("abc", max_size=2),
    line=st.sampled_from(["", "", "1", "2"]),
)


@st.composite
def histories(draw, subject=TEST):
    runs = draw(st.lists(RUN, max_size=80))
    outcomes = bytes(draw(st.lists(st.sampled_from(Outcome), min_size=len(runs), max_size=len(runs))))
    messages = draw(st.dictionaries(st.integers(0, 80), st.text("xy", max_size=1), max_size=10))
    return History(subject, runs, outcomes, messages)


@st.composite
def measures(draw):
    runs = draw(st.lists(RUN, max_size=80))
    number: dict[str, Any] = {"min_size": len(runs), "max_size": len(runs)}
    values = draw(st.lists(st.floats(0, 1e7) | st.sampled_from([0.0, 1.0]), **number))
    groups = draw(st.just([]) | st.lists(st.sampled_from("ab"), **number))
    return Measure(JOB, draw(st.sampled_from([DURATION, QUEUED])), runs, values, groups)


@settings(max_examples=100)
@given(st.lists(histories() | histories(JOB), max_size=2), st.lists(measures(), max_size=2))
def test_all_is_judged_and_each_has_a_finding_or_a_reason(known, timed):
    for told in Judge().judge(known, timed):
        judgement = told.judgement
        assert bool(judgement.findings) != (judgement.reason is not None)
        for one in judgement.findings:
            assert 0 <= one.probability <= 1
            assert one.effect.low <= one.effect.size <= one.effect.high
            assert one.until is None or one.repair_s is None or one.repair_s >= 0


@settings(max_examples=60)
@given(histories(), histories(JOB), st.integers(0, 2_000_000_000))
def test_the_same_look_twice_changes_nothing(first, second, now):
    judged = [one.judgement for one in Judge().judge([first, second])]
    once = lasting([], judged, now)
    assert len({one.id for one in once}) == len(once)
    assert sorted(lasting(once, judged, now), key=repr) == sorted(once, key=repr)


@given(st.lists(st.sampled_from([Outcome.PASSED, Outcome.FAILED]), min_size=10, max_size=10), st.randoms())
def test_ten_results_are_too_few(outcomes, random):
    runs = [Run(1_790_000_000 + place * 3_600, f"{place}") for place in range(10)]
    values = [random.uniform(1, 100) for _ in runs]
    told = Judge().judge([History(TEST, runs, bytes(outcomes))], [Measure(JOB, DURATION, runs, values)])
    by_aspect = {one.aspect: one.judgement for one in told}
    assert not by_aspect[FLAKES].findings
    assert by_aspect[DURATION].reason == Reason.TOO_FEW


@given(st.integers(1, 300), st.sampled_from([0.0, 12.5]), st.sampled_from([Outcome.PASSED, Outcome.FAILED]))
def test_equal_results_tell_nothing(number, value, outcome):
    runs = [Run(1_790_000_000 + place * 3_600, f"{place}") for place in range(number)]
    told = Judge().judge(
        [History(JOB, runs, bytes([outcome]) * number)], [Measure(JOB, DURATION, runs, [value] * number)]
    )
    assert {one.aspect for one in told} == {FLAKES, BREAKS, RATE, DURATION}
    assert not any(one.judgement.findings for one in told)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from([0.6, 1.5, 2.0]))
def test_a_large_step_is_found_at_its_commit_whatever_the_unit(seed, factor):
    random = Random(seed)  # noqa: S311
    runs = [Run(1_790_000_000 + place * 10_800, f"{place}") for place in range(120)]
    values = [100 * random.lognormvariate(0, 0.03) * (factor if at >= 70 else 1) for at in range(120)]
    for unit in (1.0, 60.0):
        (told,) = Judge().judge([], [Measure(JOB, DURATION, runs, [value * unit for value in values])])
        one = max(told.judgement.findings, key=lambda found: found.probability)
        assert one.kind == (Kind.SLOWER if factor > 1 else Kind.FASTER)
        assert abs(int(one.commits.first) - 70) <= 1
        assert one.commits.last_before == str(int(one.commits.first) - 1)
