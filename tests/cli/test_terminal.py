"""A sync on a terminal: a bar, waits and errors a sentence each, and what to do next."""

import time
from datetime import UTC, datetime

import pytest

from etl.cli.progress import sentence
from etl.demo import faults
from tests.cli.running import on_terminal


async def test_a_sync_has_a_bar_and_says_what_to_do_next(ci):
    outcome = await on_terminal(ci, "sync")
    assert outcome.code == 0, outcome.out
    assert "31/31" in outcome.out
    assert " days" in outcome.out
    assert outcome.out.splitlines()[-1] == "next: `ci-health show` says what to do first"
    (line,) = [line for line in outcome.out.splitlines() if "acme/rocket: " in line]
    assert " runs, " in line
    assert "[info" not in outcome.out


async def test_each_error_is_logged_once(ci):
    ci.environment["CI_HEALTH_REPOSITORIES"] = "acme/rocket,acme/nothing"
    outcome = await on_terminal(ci, "sync")
    assert outcome.code == 1
    assert outcome.out.count("misspelt") == 1
    assert "ci-health: acme/nothing: GitHub has no " in outcome.out
    assert "next: " not in outcome.out


async def test_a_wait_says_until_when_and_ctrl_c_says_that_nothing_is_lost(ci, github):
    reset = time.time() // 60 * 60 + 3_030
    github.faults.add("/jobs", faults.primary_limit(reset), times=None)
    outcome = await on_terminal(ci, "sync", interrupt_at="Ctrl-C is safe")
    assert outcome.code == 130
    then = f"{datetime.fromtimestamp(int(reset) + 1, UTC):%F %R} UTC"
    assert f"GitHub's rate limit is used up: waiting until {then}. Ctrl-C is safe" in outcome.out
    assert "ci-health: stopped: what was read is kept, and the next `ci-health sync` goes on" in outcome.out
    assert "seconds=" not in outcome.out


async def test_json_stays_json_on_a_terminal(ci):
    outcome = await on_terminal(ci, "sync", "--json")
    assert outcome.code == 0, outcome.out
    assert '"repository": "acme/rocket"' in outcome.out
    assert "next: " not in outcome.out


@pytest.mark.parametrize("variable", ["CI_HEALTH_LOG__FORMAT=console", "CI_HEALTH_LOG__LEVEL=debug"])
async def test_who_asks_for_the_log_gets_it(ci, variable):
    name, _, value = variable.partition("=")
    ci.environment[name] = value
    outcome = await on_terminal(ci, "sync")
    assert outcome.code == 0, outcome.out
    assert "synced" in outcome.out


def test_a_record_of_the_log_as_a_sentence():
    told = {"event": "not judged", "repository": "a/b", "reason": "x"}
    assert sentence(told) == "a/b: not judged: x"
    assert sentence({"event": "rules changed", "detail": "y"}) == "rules changed: y"
    assert sentence({"event": "the outbox is full"}) == "the outbox is full"
