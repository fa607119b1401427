"""Verdicts on single failures: what is said, and what of it follows from the evidence alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.judge.history import Level
from etl.verdict import tables
from etl.verdict.evidence import advice, evidence
from etl.verdict.known import BASE, Break, Flake, Outside, Seen
from etl.verdict.tables import CATEGORIES, Cause
from etl.verdict.verdict import Call, verdict_on
from tests.verdict.cases import HOUR_S, JOB, NOW, ON_BASE, RUN, TEST, again, base, known, lines

GREEN = "P" * 30


def said(one, run=RUN):
    verdict = verdict_on(run, [one]).verdicts[0]
    return verdict.call, evidence(run, verdict), advice(run, verdict)


def yours(*seen, **more):
    return verdict_on(RUN, [known(*seen, **more)]).yours


def test_new_here_and_passes_elsewhere_is_yours():
    call, why, todo = said(known(base(GREEN), lines("PPPP"), touched=True))
    assert call is Call.YOURS
    assert why == (
        "passes on the default branch (20 of the 20 results around); its message is new; "
        "the change touches src/orbit.py"
    )
    assert todo == "look at what this change does there"


def test_fails_now_and_then_with_this_message_is_flaky():
    call, why, _ = said(known(base("PPRPPPPPRPPPPRPPPPPPP", says="boom"), flake=Flake(True, 12, 300, NOW)))
    assert call is Call.FLAKY
    assert (
        why
        == "fails in 15 of 320 results elsewhere; proven flaky, last on Sep 21; seen with this message 3 times"
    )


def test_passed_on_the_same_commit_is_flaky():
    assert said(known(base(GREEN), again("P")))[:2] == (Call.FLAKY, "passed on this commit, too")


def test_red_on_the_base_is_broken():
    call, why, todo = said(known(base("PPPPPPRRR", says="boom")))
    assert call is Call.BROKEN
    assert why == "fails on the default branch since base6 (Sep 21); 3 results in a row"
    assert todo.startswith("wait for the repair")


def test_a_known_break_is_named():
    found = Break(NOW - 86_400, "abcdef0123456789")
    assert said(known(base("PPPPPPRRR", says="boom"), broken=found))[1].startswith(
        "broken on the default branch since abcdef01 (Sep 20)"
    )


def test_red_on_the_base_with_another_message_is_not_this_break():
    red = "PPPPPPRRR"
    same, other = (verdict_on(RUN, [known(base(red, says=says))]).verdicts[0] for says in ("boom", "other"))
    assert other.chances[Cause.BROKEN] < same.chances[Cause.BROKEN]


def test_the_same_on_unrelated_branches_now_is_elsewhere():
    passes = base(GREEN), base("PP", until=NOW + 2 * HOUR_S, every=HOUR_S)
    call, why, _ = said(known(*passes, lines("RRRR", says="boom"), outside=Outside(0, 4, 0, 60)))
    assert call is Call.ELSEWHERE
    assert why == "the same on 4 other branches within 12 h"


def test_branches_of_the_same_author_prove_nothing():
    run = replace(RUN, kin=frozenset(f"line {place}" for place in range(4)))
    assert said(known(base(GREEN), lines("RRRR", says="boom")), run)[0] is Call.YOURS


def test_a_job_that_lost_its_network_is_infrastructure():
    call, why, _ = said(
        known(
            base(GREEN),
            lines("PPPP"),
            again("P"),
            subject=JOB,
            category="network",
            outside=Outside(0, 4, 3, 60),
        )
    )
    assert call is Call.INFRASTRUCTURE
    assert (
        why
        == "of the category network; passed on this commit, too; 3 other jobs and tests said the same before"
    )


def test_without_anything_it_is_unknown_and_says_what_is_missing():
    call, why, todo = said(known(subject=JOB, says="", category="unknown"))
    assert call is Call.UNKNOWN
    assert why.startswith("no results of it elsewhere; it said nothing; the commit ran once")
    assert "pass on the same commit" in todo


def test_a_commit_that_breaks_the_default_branch_is_to_blame():
    call, why, todo = said(known(base("P" * 200)), ON_BASE)
    assert call is Call.YOURS
    assert why.startswith("passed until base199")
    assert todo == "repair or revert this commit"


def test_a_commit_after_the_break_is_not():
    assert said(known(base(GREEN + "RR", says="boom")), ON_BASE)[0] is Call.BROKEN


def test_a_pass_after_the_break_is_a_repair():
    assert said(known(base("PPPPPPRRRP", says="boom")))[0] is not Call.BROKEN


def test_several_failures_of_one_change_make_each_surer():
    alone = known(base("PPPPRPPPPPPPPPPPPPPP"), subject=JOB, says="")
    sure = [
        known(base(GREEN), subject=TEST._replace(name=f"test {place}"), says=f"new {place}", touched=True)
        for place in range(3)
    ]
    together = verdict_on(RUN, [alone, *sure]).verdicts[0].yours
    assert together > verdict_on(RUN, [alone]).yours


def test_one_that_passes_in_the_rest_of_the_matrix_is_less_likely_yours():
    assert yours(base(GREEN), beside=(0, 3)) < yours(base(GREEN)) < yours(base(GREEN), beside=(3, 0))


def test_a_run_without_failures_cannot_be_judged():
    with pytest.raises(ValueError, match="no failure"):
        verdict_on(RUN, [])


def test_categories_are_likelihoods():
    for cause in Cause:
        assert sum(shares[cause] for shares in CATEGORIES.values()) == pytest.approx(1.0)
    for level in Level:
        assert sum(share for _, share in tables.level(level).rates) == pytest.approx(1.0)


SEEN = st.builds(
    Seen,
    st.integers(NOW - 30 * 86_400, NOW + 86_400),
    st.integers(1, 9),
    st.integers(1, 3),
    st.sampled_from(("f" * 40, "a", "b", "c")),
    st.sampled_from((BASE, "feature", "other", "third")),
    st.booleans(),
    st.sampled_from(("", "boom", "bang")),
)
KNOWN = st.builds(
    lambda seen, subject, says, category, beside, touched, outside: known(
        seen, subject=subject, says=says, category=category, beside=beside, touched=touched, outside=outside
    ),
    st.lists(SEEN, max_size=60),
    st.sampled_from((TEST, JOB)),
    st.sampled_from(("", "boom")),
    st.sampled_from((*CATEGORIES, "a category of tomorrow")),
    st.tuples(st.integers(0, 5), st.integers(0, 5)),
    st.sampled_from((True, False, None)),
    st.builds(Outside, st.integers(0, 9), st.integers(0, 9), st.integers(0, 99), st.integers(0, 99)),
)


@given(st.lists(KNOWN, min_size=1, max_size=5), st.sampled_from((RUN, ON_BASE)))
def test_whatever_is_known_there_is_a_verdict(failures, run):
    found = verdict_on(run, failures)
    assert 0 <= found.yours <= 1
    for one in found.verdicts:
        assert sum(one.chances.values()) == pytest.approx(1)
        assert min(one.chances.values()) >= 0
        assert one.yours <= found.yours + 1e-9
        assert evidence(run, one)
        assert advice(run, one)
    assert (found.call is Call.YOURS) == any(one.call is Call.YOURS for one in found.verdicts)


@given(st.lists(KNOWN, min_size=2, max_size=4), st.randoms())
def test_the_order_of_failures_does_not_matter(failures, random):
    mixed = list(enumerate(failures))
    random.shuffle(mixed)
    first = verdict_on(RUN, failures).verdicts
    second = verdict_on(RUN, [one for _, one in mixed]).verdicts
    for (place, _), one in zip(mixed, second, strict=True):
        assert one.chances == pytest.approx(first[place].chances)


@given(KNOWN)
def test_a_pass_on_the_same_commit_never_makes_it_yours(one):
    before = verdict_on(RUN, [one]).yours
    after = verdict_on(RUN, [replace(one, seen=[*one.seen, *again("P")])]).yours
    assert after <= before + 1e-9
