from datetime import date, timedelta
from typing import Any

from etl.quarantine import evidence
from etl.quarantine.describe import proposal_lines
from etl.quarantine.entry import Quarantine
from etl.quarantine.evidence import Flaky
from etl.quarantine.propose import Known, Proposal, Rules, Step, propose
from tests.quarantine.samples import TODAY, entry

RULES = Rules(TODAY)
FLAKY = Flaky("api", "login", 4, 120, TODAY, "https://github.com/acme/rocket/actions/runs/1/job/2")


def row(**more: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        "level": "test", "suite": "api", "test": "login", "evidence": "proven", "state": "flaky", "flakes": 2, "runs": 60,
        "last_seen": f"{TODAY}T10:00:00Z", "failed_url": "https://x/1",
    }  # fmt: skip
    return known | more


def steps(proposal: Proposal) -> list[tuple[Step, str]]:
    return [(change.step, change.entry.test) for change in proposal.changes]


def test_a_flaky_test_is_added_with_its_evidence() -> None:
    proposal = propose(Quarantine(min_tests=7), Known([FLAKY]), RULES)
    (one,) = proposal.quarantine.entries
    assert (one.since, one.expires) == (TODAY, TODAY + timedelta(days=30))
    assert one.evidence.startswith(f"4 flakes in 120 runs, the last on {TODAY}: https://")
    assert proposal.quarantine.min_tests == 7
    assert proposal_lines(proposal)[0].startswith("+ api::login (4 flakes")


def test_what_is_proposed_once_is_not_again() -> None:
    first = propose(Quarantine(), Known([FLAKY]), RULES)
    again = propose(first.quarantine, Known([FLAKY]), RULES)
    assert again.changes == ()
    assert again.quarantine == first.quarantine


def test_a_broken_test_never_qualifies_and_goes() -> None:
    known = Known([FLAKY], broken={FLAKY.name})
    assert propose(Quarantine(), known, RULES).quarantine.entries == ()
    proposal = propose(Quarantine((entry("api", "login"),)), known, RULES)
    assert steps(proposal) == [(Step.REMOVED, "login")]
    assert proposal.left_out == ("api::login is flaky and broken",)


def test_a_test_that_one_job_finds_broken_is_broken() -> None:
    rows = [row(job="a"), row(job="b", state="broken")]
    assert evidence.broken(rows) == {("api", "login")}


def test_jobs_are_joined_and_few_flakes_are_not_enough() -> None:
    (one,) = evidence.proven([row(), row(flakes=1, runs=None), row(level="job", test=None)], at_least=3)
    assert (one.flakes, one.runs, one.last_seen) == (3, 60, TODAY)
    assert evidence.proven([row()], at_least=3) == []
    assert evidence.proven([row(state="quiet")], at_least=1) == []


def test_an_entry_goes_when_it_passed_often_enough() -> None:
    old = Quarantine((entry("api", "login"),))
    assert steps(propose(old, Known(passes={("api", "login"): 50}), RULES)) == [(Step.REMOVED, "login")]
    assert propose(old, Known(passes={("api", "login"): 49}), RULES).changes == ()
    assert propose(old, Known([FLAKY], passes={("api", "login"): 99}), RULES).changes == ()


def test_an_expired_entry_goes_or_gets_more_time_for_new_evidence() -> None:
    since = TODAY - timedelta(days=40)
    old = Quarantine((entry("api", "login", since=since),))
    assert steps(propose(old, Known(), RULES)) == [(Step.REMOVED, "login")]
    proposal = propose(old, Known([FLAKY]), RULES)
    assert steps(proposal) == [(Step.RENEWED, "login")]
    assert proposal.quarantine.entries[0].owner == "@acme/web"
    stale = Flaky("api", "login", 4, 120, since - timedelta(days=1))
    assert steps(propose(old, Known([stale]), RULES)) == [(Step.REMOVED, "login")]


def test_names_that_no_report_has_are_left_out_and_reported() -> None:
    known = Known([Flaky("api", "login <id>", 4, 9, TODAY)], placeholders={"<id>"})
    proposal = propose(Quarantine(), known, RULES)
    assert proposal.quarantine.entries == ()
    assert "its name in reports is not known" in proposal.left_out[0]


def test_a_test_of_annotations_alone_is_left_out_and_reported() -> None:
    flaky = evidence.proven([row(suite=None)], at_least=1)
    assert propose(Quarantine(), Known(flaky), RULES).left_out[0].startswith("::login is flaky")
    assert evidence.broken([row(suite=None, state="broken")]) == {("", "login")}


def test_passes_are_counted_back_to_the_last_failure() -> None:
    outcomes = ["failed", "passed", "skipped", "passed", "error", "passed", "skipped", "passed", "passed"]
    rows = [
        {"suite": "api", "outcome": outcome, "time": f"{date(2026, 1, 1 + day)}T00:00:00Z"}
        for day, outcome in enumerate(outcomes)
    ]
    assert evidence.passes_since_failure(rows, "api") == 3
    assert evidence.passes_since_failure(rows, "other") is None
