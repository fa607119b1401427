"""What is told, and why nothing is, on results that a reader can judge as well."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from etl.judge.breaks import judge_breaks
from etl.judge.finding import Commits, Kind, Reason
from etl.judge.flakes import judge_flake, read
from etl.judge.history import History, Level, Measure, Outcome, Run, Subject
from etl.judge.judge import BREAKS, FLAKES, Judge
from etl.judge.lasting import lasting
from etl.judge.limits import BreakLimits, ChangeLimits, FlakeLimits
from etl.judge.times import DURATION, changes_of
from etl.model.evidence import EvidenceLimits

TEST = Subject("acme/rocket", Level.TEST, "CI", "unit", "suite", "test")
JOB = Subject("acme/rocket", Level.JOB, "CI", "unit")
MONDAY = 1_789_948_800  # 2026-09-21
SIGNS = {".": Outcome.PASSED, "F": Outcome.FAILED, "-": Outcome.ABSENT, "e": Outcome.EXPLAINED}


def history(drawn, *, hours=3, subject=TEST, shas=None, messages=None):
    """A sign for each run: `.` passed, `F` failed, `-` did not run, `e` red that known flakes explain."""
    runs = [
        Run(MONDAY + place * hours * 3_600, shas[place] if shas else f"c{place}")
        for place in range(len(drawn))
    ]
    return History(subject, runs, bytes(SIGNS[sign] for sign in drawn), messages or {})


def flake(known):
    return judge_flake(read(known, EvidenceLimits()), FlakeLimits())


def breaks(known):
    return judge_breaks(read(known, EvidenceLimits()), BreakLimits())


def test_failing_alone_again_and_again_is_suspected():
    told = flake(history(("." * 30 + "F") * 6 + "." * 20))
    (one,) = told.findings
    assert (one.kind, one.evidence, one.proven) == (Kind.FLAKY, 6, 0)
    assert one.probability > 0.99
    assert one.effect.low < 6 / 206 < one.effect.high


@pytest.mark.parametrize(
    ("drawn", "reason"),
    [
        ("." * 200, Reason.NEVER_FAILED),
        ("F" * 200, Reason.NEVER_PASSED),
        ("." * 100 + "F" + "." * 100, Reason.TOO_FEW_FLAKES),
        ("." * 100 + "F" * 20 + "." * 100, Reason.BREAKS_EXPLAIN),
        ("..F..F..", Reason.TOO_FEW),
    ],
)
def test_what_is_not_suspected_has_a_reason(drawn, reason):
    assert flake(history(drawn)).reason == reason


def test_one_failure_beside_a_pass_on_the_same_commit_is_proof():
    shas = [f"c{place}" for place in range(30)]
    shas[12] = shas[11]
    (one,) = flake(history("." * 11 + "F." + "." * 17, shas=shas)).findings
    assert (one.proven, one.probability) == (1, 1.0)


def test_red_after_a_green_pull_request_of_the_same_tree_is_no_break():
    runs = [
        *(Run(MONDAY + place * 10_800, f"p{place}", line="7", tree=f"t{place}") for place in range(3)),
        *(Run(MONDAY + 40_000 + place * 10_800, f"m{place}", tree=f"t{place}") for place in range(3)),
    ]
    known = History(TEST, runs, bytes([0, 0, 0, 1, 1, 1]))
    assert not breaks(known).findings


def test_a_break_names_its_commit_and_its_repair():
    (one,) = breaks(history("." * 50 + "F" * 9 + "." * 20)).findings
    assert one.commits == Commits("c49", "c50")
    assert one.commits.named_alone
    assert (one.repaired, one.repair_s, one.is_open) == ("c59", 9 * 3 * 3_600, False)


def test_commits_that_did_not_run_are_in_the_range():
    (one,) = breaks(history("." * 50 + "---" + "F" * 9)).findings
    assert one.commits == Commits("c49", "c53", ("c50", "c51", "c52"))
    assert one.is_open


def test_red_that_flakes_explain_is_no_break():
    assert breaks(history("." * 50 + "eee" + "." * 20)).reason == Reason.GREEN
    assert breaks(history(("." * 9 + "F") * 20 + "FF" + "." * 5)).reason == Reason.FLAKES_EXPLAIN


def test_a_flake_before_a_break_leaves_both_commits():
    drawn = ("." * 8 + "F") * 20 + "F" * 20
    (one,) = breaks(history(drawn)).findings
    assert {one.commits.first, *one.commits.between} >= {"c179", "c180"}


def test_messages_tell_a_flake_from_the_break_after_it():
    drawn = ("." * 8 + "F") * 20 + "F" * 20
    messages = {at: "timeout" if at < 180 else "assert" for at, sign in enumerate(drawn) if sign == "F"}
    (one,) = breaks(history(drawn, messages=messages)).findings
    assert one.commits == Commits("c179", "c180")


def measured(values, *, hours=3, groups=(), gap_at=None, what=DURATION):
    runs = [
        Run(MONDAY + at * hours * 3_600 + (20 * 86_400 if gap_at and at >= gap_at else 0), f"c{at}")
        for at in range(len(values))
    ]
    return changes_of(Measure(JOB, what, runs, values, groups), ChangeLimits())


def noisy(number, *, factor=1.0, at=0, noise=0.05, seed=1):
    random = Random(seed)  # noqa: S311
    return [300 * random.lognormvariate(0, noise) * (factor if place >= at else 1) for place in range(number)]


def test_across_a_gap_no_commit_can_be_named():
    assert measured(noisy(120, factor=1.5, at=60), gap_at=60).reason == Reason.GAP


def test_another_runner_is_no_change():
    groups = ["old"] * 60 + ["new"] * 60
    assert measured(noisy(120, factor=1.5, at=60), groups=groups).reason == Reason.MOVED


def test_mixed_runners_hide_no_change_and_make_none():
    random = Random(4)  # noqa: S311
    groups = [random.choice(["small", "large"]) for _ in range(200)]
    for factor, kinds in ((1.0, []), (1.2, [Kind.SLOWER])):
        values = [
            value * (2.0 if group == "small" else 1.0)
            for value, group in zip(noisy(200, factor=factor, at=120), groups, strict=True)
        ]
        assert [one.finding.kind for one in measured(values, groups=groups).changes] == kinds


def test_weekends_are_no_change():
    values = [value * (0.6 if at // 8 % 7 >= 5 else 1.0) for at, value in enumerate(noisy(8 * 26, noise=0.1))]
    assert measured(values).reason == Reason.NOT_BEYOND_CHANCE


def test_outliers_are_no_change():
    values = noisy(200)
    values[20::41] = [30_000.0] * len(values[20::41])
    assert measured(values).reason == Reason.NOT_BEYOND_CHANCE


def test_what_is_too_small_is_no_finding():
    assert not measured(noisy(400, factor=1.03, at=200, noise=0.01)).changes


def test_a_finding_is_one_while_it_lasts_and_another_when_it_comes_again():
    now = MONDAY
    told: list[Any] = []
    for days in range(2, 30):
        broken = "." * 40 + "F" * 16 + "." * 40 + "F" * 16 + "." * 150
        known = history(broken[: days * 8])
        now = known.runs[-1].time
        told = lasting(told, [one.judgement for one in Judge().judge([known])], now)
    found = [one for one in told if one.kind == Kind.BROKEN]
    assert [one.commits.first for one in found] == ["c40", "c96"]
    assert not any(one.is_open for one in found)
    assert len({one.id for one in found}) == 2


def test_what_is_no_longer_found_has_ended():
    judged = [one.judgement for one in Judge().judge([history("." * 50 + "F" * 9)])]
    told = lasting([], judged, MONDAY)
    ended = lasting(told, [], MONDAY + 10**7)
    assert [one.until for one in ended if one.kind == Kind.BROKEN] == [MONDAY + 10**7]
    assert lasting(ended, [], MONDAY + 2 * 10**7) == ended


def test_a_weaker_finding_keeps_what_was_reported_and_makes_it_no_surer():
    (judgement,) = [one.judgement for one in Judge().judge([history("." * 50 + "F" * 9)])][1:]
    unsure = replace(judgement.findings[0], sure=False)
    told = lasting([], [replace(judgement, findings=(unsure,))], MONDAY)
    weaker = replace(judgement, findings=(), weaker=judgement.findings)
    assert lasting(told, [weaker], MONDAY) == told
    assert lasting([], [weaker], MONDAY) == []


def test_what_did_not_change_is_not_computed_again():
    memory: dict[Any, Any] = {}
    known = history(("." * 30 + "F") * 6)
    first = Judge(memory=memory).judge([known])
    (kept,) = memory.values()
    again = Judge(memory=memory).judge([known])
    assert next(iter(memory.values())) is kept
    assert first == again
    Judge(memory=memory).judge([history(("." * 30 + "F") * 6 + ".")])
    assert next(iter(memory.values())) is not kept


def test_aspects_are_told_apart():
    told = Judge().judge([history(("." * 30 + "F") * 6)])
    assert [one.aspect for one in told] == [FLAKES, BREAKS]


def test_as_many_outcomes_as_runs_are_needed():
    with pytest.raises(ValueError, match="2 outcomes of 1 runs"):
        History(TEST, [Run(0, "a")], bytes(2))


@pytest.mark.parametrize(
    ("apart", "runs", "proven"),
    [(71, (1, 2), 1), (73, (1, 2), 0), (73, (1, 1), 1), (7 * 24 - 1, (1, 1), 1), (7 * 24 + 1, (1, 1), 0)],
)
def test_a_pass_of_the_same_code_proves_a_flake_only_for_a_while(
    apart: int, runs: tuple[int, int], proven: int
) -> None:
    """Later, the world around may have changed; attempts of one run prove for longer."""
    executions = [Run(MONDAY, "c", id=runs[0]), Run(MONDAY + apart * 3_600, "c", id=runs[1])]
    assert (
        read(History(TEST, executions, bytes([Outcome.FAILED, Outcome.PASSED])), EvidenceLimits()).proven
        == proven
    )


def on_branches(subject=JOB, unnamed=(), **drawn):
    """Signs of a run a day of each branch, of which `main` is the default one; `unnamed` have no name of their own."""
    ran = sorted(
        (place, branch.replace("_", "-"), sign)
        for branch, signs in drawn.items()
        for place, sign in enumerate(signs)
    )
    runs = [
        Run(
            MONDAY + place * 86_400,
            f"{branch}-{place}",
            line="" if branch == "main" else branch,
            branch="" if branch in unnamed else branch,
        )
        for place, branch, _ in ran
    ]
    return History(subject, runs, bytes(SIGNS[sign] for *_, sign in ran))


@pytest.mark.parametrize("subject", [JOB, TEST])
def test_each_branch_breaks_on_its_own(subject):
    known = on_branches(
        subject, main="." * 40, release_1="." * 20 + "F" * 4 + "." * 16, release_2="." * 30 + "FFFF"
    )
    first, second = breaks(known).findings
    assert [one.subject for one in (first, second)] == [
        subject._replace(branch="release-1"), subject._replace(branch="release-2")
    ]  # fmt: skip
    assert first.commits == Commits("release-1-19", "release-1-20")
    assert (first.repaired, first.repair_s) == ("release-1-24", 4 * 86_400)
    assert second.commits == Commits("release-2-29", "release-2-30")
    assert second.is_open


def test_a_branch_without_a_name_of_its_own_has_no_breaks():
    known = on_branches(main="." * 40, feature="." * 20 + "F" * 9, unnamed=("feature",))
    assert not breaks(known).findings


def test_what_is_known_of_flakes_on_the_default_branch_explains_red_on_another():
    red = "." * 20 + "FFF"
    assert breaks(on_branches(main="." * 90, release_1=red)).findings
    assert breaks(on_branches(main="..F" * 30, release_1=red)).reason == Reason.FLAKES_EXPLAIN


def test_another_branch_says_nothing_of_how_flaky_a_job_is():
    alone = flake(on_branches(main="." * 40 + ("." * 9 + "F") * 5))
    beside = flake(on_branches(main="." * 40 + ("." * 9 + "F") * 5, release_1=".F" * 40))
    assert [one.effect for one in alone.findings] == [one.effect for one in beside.findings]


def test_a_break_goes_on_where_its_begin_is_too_long_ago_to_be_seen():
    drawn = "." * 50 + "F" * 300 + "." * 5
    whole = history(drawn)

    def look(told, start, stop):
        seen = History(whole.subject, whole.runs[start:stop], whole.outcomes[start:stop])
        return lasting(told, [one.judgement for one in Judge().judge([seen])], seen.runs[-1].time)

    def broken(told):
        return [one for one in told if one.kind is Kind.BROKEN]

    assert not broken(look([], 60, 300))
    (began,) = broken(told := look([], 0, 200))
    (red,) = broken(told := look(told, 60, 300))
    assert (red.id, red.since, red.commits, red.is_open) == (began.id, began.since, began.commits, True)
    assert red.evidence == 240
    (repaired,) = broken(told := look(told, 115, 355))
    assert (repaired.id, repaired.repaired) == (began.id, "c350")
    assert repaired.repair_s == 300 * 3 * 3_600
    assert broken(look(told, 115, 355)) == [repaired]


def test_red_that_ended_before_a_break_is_not_its_end():
    told = lasting([], [one.judgement for one in Judge().judge([history("." * 50 + "F" * 9)])], MONDAY)
    judged = [one.judgement for one in Judge().judge([history("F" + "." * 60)])]
    now = MONDAY + 10**7
    assert [one.until for one in lasting(told, judged, now) if one.kind is Kind.BROKEN] == [now]
