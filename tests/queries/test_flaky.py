"""Flaky and failing tests of small histories whose answers are known; both stores give them."""

import re
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from etl.judge.finding import Commits, Effect, Finding, Kind
from etl.judge.history import Level, Subject
from etl.judge.points import finding_point
from etl.load.duckdb import DuckStore
from etl.load.influxdb import InfluxStore
from etl.load.line_encoder import encode
from etl.model.points import NANOSECONDS, Point
from etl.model.tag_values import EMPTY
from tests.queries.samples import NASTY, SPAN, STOP
from tests.queries.test_answers import same

JOB = {"repository": "acme/rocket", "workflow": "CI", "job": "unit", "job_group": "unit", "branch": "main"}
MONTH = {"start": STOP - timedelta(days=30), "stop": STOP}
_ids = count(1)


def ago(days: float) -> int:
    """A time of its own, so many days before the end of the period."""
    return int((STOP - timedelta(days=days)).timestamp()) * NANOSECONDS + next(_ids)


def results(test: str, outcome: str, days: float, times: int = 1, **fields: Any) -> list[Point]:
    """Results that a report holds."""
    return [
        Point("test_report", JOB, {"job_id": next(_ids)}, ago(days)),
        *told(test, days, times, outcome, **fields),
    ]


def told(test: str, days: float, times: int = 1, outcome: str = "failed", **fields: Any) -> list[Point]:
    """Failing results that annotations tell of."""
    tags = JOB | {"suite": "suite", "test": test, "outcome": outcome}
    return [Point("test", tags, {"job_id": next(_ids), **fields}, ago(days)) for _ in range(times)]


def jobs(conclusion: str, days: float, times: int = 1) -> list[Point]:
    tags = JOB | {"event": "push", "runner": "linux", "attempt": "1", "conclusion": conclusion}
    return [Point("job", tags, {"job_id": next(_ids)}, ago(days)) for _ in range(times)]


def flake(
    test: str | None, days: float, *, kinds: str = "rerun", sha: str = "a", **fields: Any
) -> list[Point]:
    """A failing result of a test, or of the job, with evidence of these kinds."""
    level = {"level": "test", "suite": "suite", "test": test} if test else {"level": "job"}
    fields |= {"failed_run_id": 7, "failed_job_id": next(_ids), "head_sha": sha}
    time = ago(days)
    return [Point("flake", JOB | level | {"evidence": kind}, fields, time) for kind in kinds.split()]


def found(
    test: str | None, days: float, *, proven: int = 0, ended: float | None = None, rate: float = 0.1
) -> list[Point]:
    """What the history of a test, or of the job, tells: flaky since so many days before the end of the period."""
    began, until = (int((STOP - timedelta(days=back)).timestamp()) for back in (days, ended or 0))
    level, names = (Level.TEST, ("suite", test)) if test else (Level.JOB, ())
    subject = Subject(JOB["repository"], level, JOB["workflow"], JOB["job"], *names)
    effect = Effect(rate, rate / 2, rate * 2)
    end = None if ended is None else until
    finding = Finding(
        Kind.FLAKY, subject, began, 0.97, effect, Commits("a", "b"), 4, 0.0, rate, until=end, proven=proven
    )
    return [finding_point(finding, 1.0)]


class Stores:
    """Both stores as one, which must agree."""

    def __init__(self, influx: InfluxStore, duck: DuckStore) -> None:
        self.influx, self.duck = influx, duck

    async def write(self, *points: list[Point]) -> None:
        lines = [encode(point) for group in points for point in group]
        for store in (self.influx, self.duck):
            await store.write(lines)

    async def ask(self, question: str, **parameters: Any) -> list[dict[str, Any]]:
        return await same(self.influx, self.duck, question, MONTH | parameters)


@pytest.fixture
def stores(influx: InfluxStore, duck: DuckStore) -> Stores:
    return Stores(influx, duck)


async def test_rates_are_ranked_by_how_sure_they_are(stores: Stores) -> None:
    await stores.write(
        results("often", "failed", 3, 30), results("often", "passed", 3, 70),
        *(flake("often", 3) for _ in range(30)),
        results("once", "failed", 3), results("once", "passed", 3), flake("once", 3),
        results("always", "error", 3), flake("always", 3),
    )  # fmt: skip
    rows = await stores.ask("flaky")
    found = [(row["test"], row["flakes"], row["runs"], row["flake_rate"], row["score"]) for row in rows]
    # By hand: 30 of 100: (.3 + .019207 - 1.959964 sqrt(.0021 + .000096)) / 1.038415, and so on.
    assert found == [
        ("often", 30, 100, 0.3, 0.218949),
        ("always", 1, 1, 1.0, 0.206549),
        ("once", 1, 2, 0.5, 0.094531),
    ]


async def test_a_failing_result_counts_once_whatever_its_evidence(stores: Stores) -> None:
    await stores.write(
        results("t", "failed", 3, 4), flake("t", 3, kinds="rerun same_sha in_report", message="b"),
        flake("t", 2, sha="b", message="b"), flake("t", 2, sha="b", message="a"), flake("t", 1, message="a"),
        flake(None, 3, kinds="rerun same_sha", wasted_s=90.0), flake(None, 2, wasted_s=30.0),
        jobs("failure", 3, 2), jobs("success", 2, 6), jobs("cancelled", 2), jobs("skipped", 2),
    )  # fmt: skip
    job, test = sorted(await stores.ask("flaky"), key=lambda row: row["level"])
    assert (test["flakes"], test["runs"], test["commits"], test["message"]) == (4, 4, 2, "a")
    assert (test["wasted_minutes"], test["suite"]) == (None, "suite")
    assert re.fullmatch(r"https://github.com/acme/rocket/actions/runs/7/job/\d+", test["failed_url"])
    assert (job["flakes"], job["runs"], job["flake_rate"], job["wasted_minutes"]) == (2, 8, 0.25, 2.0)
    assert (job["suite"], job["test"], job["message"]) == (None, None, None)
    (overview,) = await stores.ask("overview")
    assert (overview["flaky_tests"], overview["flaky_jobs"], overview["wasted_minutes"]) == (1, 1, 2.0)


async def test_states(stores: Stores) -> None:
    await stores.write(
        flake("flaky", 13.9), results("flaky", "failed", 13.9), results("flaky", "passed", 1),
        flake("quiet", 14.1), results("quiet", "failed", 14.1), results("quiet", "passed", 1),
        flake("unseen", 14.1), results("unseen", "failed", 14.1), results("unseen", "skipped", 1),
        flake("broken", 20), results("broken", "passed", 7.1), results("broken", "error", 6.9),
        flake("mended", 20), results("mended", "failed", 1), results("mended", "passed", 6.9),
        results("once", "failed", 11), results("once", "passed", 11.1), results("once", "passed", 2),
        results("gone", "failed", 9), results("passing", "passed", 1), results("skipped", "skipped", 1),
        results("failing", "failed", 0.1), results("failing", "passed", 0.2), results("failing", "skipped", 0.05),
        flake(None, 20), jobs("timed_out", 3), jobs("cancelled", 1), jobs("success", 8),
    )  # fmt: skip
    states = {row["test"]: row["state"] for row in await stores.ask("flaky")}
    quiet: dict[Any, Any] = dict.fromkeys(("quiet", "unseen", "mended"), "quiet")
    assert states == {"flaky": "flaky", "broken": "broken", None: "broken", **quiet}
    failing = {row["test"]: row["state"] for row in await stores.ask("tests")}
    others: dict[Any, Any] = {
        "quiet": "passing",
        "once": "passing",
        "mended": "failing",
        "unseen": "quiet",
        "gone": "quiet",
    }
    assert failing == {"flaky": "flaky", "broken": "broken", "failing": "failing", **others}


async def test_states_look_further_back_than_a_short_period(stores: Stores) -> None:
    await stores.write(
        flake("flaky", 10), results("flaky", "passed", 5), results("flaky", "failed", 0.5),
        results("broken", "failed", 0.5), results("broken", "passed", 7.5),
    )  # fmt: skip
    start = STOP - timedelta(days=1)
    rows = await stores.ask("tests", start=start)
    assert [(row["test"], row["runs"], row["state"]) for row in rows] == [
        ("broken", 1, "broken"),
        ("flaky", 1, "flaky"),
    ]
    assert await stores.ask("flaky", start=start) == []


async def test_exactly_those_with_evidence_in_the_period(stores: Stores) -> None:
    second = int(STOP.timestamp()) * NANOSECONDS
    start = int(SPAN["start"].timestamp()) * NANOSECONDS
    edges = {"before": start - 1, "first": start, "last": second - 1, "after": second}
    tags = JOB | {"level": "test", "evidence": "rerun", "suite": "suite"}
    points = [Point("flake", tags | {"test": name}, {"failed_job_id": 1}, at) for name, at in edges.items()]
    await stores.write(points, results("failed only", "failed", 1, 5))
    rows = await stores.ask("flaky", **SPAN)
    assert [row["test"] for row in rows] == ["first", "last"]
    assert all(row["flake_rate"] is row["score"] is None and row["runs"] == 0 for row in rows)
    assert rows[0]["first_seen"] == rows[0]["last_seen"] == f"{SPAN['start']:%Y-%m-%dT%H:%M:%SZ}"


async def test_tests_count_what_ran_and_failed(stores: Stores) -> None:
    await stores.write(
        results("t", "failed", 2, duration_s=1.5), results("t", "error", 1, duration_s=2.5),
        results("t", "passed", 0.5, 2, duration_s=3.0), results("t", "skipped", 0.4, duration_s=99.0),
        results("t", "passed", 0.3), results("untimed", "failed", 1), results("fine", "passed", 1),
    )  # fmt: skip
    timed, untimed = await stores.ask("tests")
    last = f"{STOP - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    assert [timed[key] for key in ("runs", "failures", "failure_rate", "mean_s", "last_failure")] == [
        5, 2, 0.4, 2.5, last,
    ]  # fmt: skip
    assert (untimed["test"], untimed["mean_s"], untimed["failure_rate"]) == ("untimed", None, 1.0)


async def test_tests_that_failed_tell_how_often_they_had(stores: Stores) -> None:
    await stores.write(
        results("again", "failed", 0.5), results("again", "error", 1.5, 2), results("again", "passed", 1.5, 9),
        results("again", "failed", 2.5), results("new", "failed", 0.5), results("gone", "failed", 1.5),
    )  # fmt: skip
    rows = await stores.ask("tests", start=STOP - timedelta(days=1))
    assert [(row["test"], row["failures"], row["failures_before"]) for row in rows] == [
        ("again", 1, 2),
        ("new", 1, 0),
    ]


async def test_names_are_matched_as_they_are(stores: Stores) -> None:
    named = [results(name, "failed", 1) + results(name, "passed", 1) + flake(name, 1) for name in NASTY]
    await stores.write(*named, results("aXb", "passed", 1, 9), results("plain two", "passed", 1, 9))
    for question in ("tests", "flaky"):
        rows = await stores.ask(question)
        assert {row["test"]: row["runs"] for row in rows} == dict.fromkeys(NASTY, 2)


async def test_a_test_without_reports_ran_whenever_its_job_did(stores: Stores) -> None:
    await stores.write(
        told("flaky", 3), flake("flaky", 3), told("broken", 0.5),
        jobs("failure", 3), jobs("failure", 0.5), jobs("success", 2, 5), jobs("cancelled", 2),
        jobs("skipped", 2),
    )  # fmt: skip
    (row,) = await stores.ask("flaky")
    assert (row["test"], row["flakes"], row["runs"], row["flake_rate"]) == ("flaky", 1, 7, 0.142857)
    rates = {
        row["test"]: (row["runs"], row["failure_rate"], row["state"]) for row in await stores.ask("tests")
    }
    assert rates == {"flaky": (7, 0.142857, "flaky"), "broken": (7, 0.142857, "failing")}
    # A test that two annotations of one execution tell of may fail more often than its job ran.
    start = STOP - timedelta(days=1)
    await stores.write(told("broken", 0.5))
    (row,) = await stores.ask("tests", start=start)
    assert (row["runs"], row["failures"], row["failure_rate"], row["state"]) == (1, 2, None, "failing")


async def test_a_test_without_reports_fails_until_its_job_succeeds(stores: Stores) -> None:
    await stores.write(
        told("passing", 5), told("failing", 3), told("earlier", 9),
        jobs("failure", 9), jobs("failure", 5), jobs("success", 4), jobs("failure", 3), jobs("cancelled", 1),
    )  # fmt: skip
    states = {row["test"]: row["state"] for row in await stores.ask("tests")}
    assert states == {"passing": "passing", "failing": "failing", "earlier": "passing"}
    states = {row["test"]: row["state"] for row in await stores.ask("tests", stop=STOP - timedelta(days=4.5))}
    assert states == {"passing": "broken", "earlier": "broken"}


async def test_a_test_without_reports_is_broken_while_its_job_never_succeeds(stores: Stores) -> None:
    await stores.write(
        told("t", 10), flake("t", 10), jobs("success", 9), told("t", 1),
        jobs("failure", 10), jobs("timed_out", 1),
    )  # fmt: skip
    for question in ("flaky", "tests"):
        (row,) = await stores.ask(question)
        assert (row["runs"], row["state"]) == (3, "broken")


async def test_where_the_job_brings_reports_its_tests_ran_as_they_say(stores: Stores) -> None:
    await stores.write(
        results("t", "failed", 1), flake("t", 1), results("t", "passed", 1), jobs("success", 1, 9)
    )
    for question in ("flaky", "tests"):
        (row,) = await stores.ask(question)
        assert row["runs"] == 2


async def test_without_rates_more_flakes_come_first_and_an_empty_suite_is_none(stores: Stores) -> None:
    tags = JOB | {"level": "test", "evidence": "rerun", "suite": EMPTY}
    names = ("once", "twice", "twice")
    points = [Point("flake", tags | {"test": name}, {"failed_job_id": 1}, ago(1)) for name in names]
    await stores.write(points)
    rows = await stores.ask("flaky")
    assert [(row["suite"], row["test"], row["score"]) for row in rows] == [
        (None, "twice", None),
        (None, "once", None),
    ]


async def test_suspected_flakes_stand_in_the_same_list_with_evidence_of_their_own(stores: Stores) -> None:
    await stores.write(
        results("proven", "failed", 3, 12), results("proven", "passed", 3, 108), flake("proven", 3, message="m"),
        found("proven", 20, proven=1, rate=0.1),
        results("suspected", "failed", 2, 5, message="said"), results("suspected", "passed", 4, 95),
        found("suspected", 20, rate=0.04),
        results("in report", "passed", 2, 40), flake("in report", 2, kinds="in_report"), found("in report", 9),
        jobs("failure", 1, 3), jobs("success", 3, 97), found(None, 20, rate=0.03),
    )  # fmt: skip
    rows = {row["test"]: row for row in await stores.ask("flaky")}
    assert {name: (row["evidence"], row["probability"], row["flakes"], row["commits"], row["state"]) for name, row in rows.items()} == {
        "proven": ("proven", 1.0, 1, 1, "flaky"),
        "in report": ("proven", 1.0, 1, 1, "flaky"),
        "suspected": ("suspected", 0.97, 4, 0, "flaky"),
        None: ("suspected", 0.97, 3, 0, "flaky"),
    }  # fmt: skip
    # The rate is that of all results, not of those with evidence.
    assert {name: (row["runs"], row["flake_rate"], row["rate_low"], row["rate_high"]) for name, row in rows.items()} == {
        "proven": (120, 0.1, 0.05, 0.2),
        "in report": (40, 0.1, 0.05, 0.2),
        "suspected": (100, 0.04, 0.02, 0.08),
        None: (100, 0.03, 0.015, 0.06),
    }  # fmt: skip
    # By hand, 12 of 120: (.1 + .016006 - 1.959964 sqrt(.00075 + .000067)) / 1.032012.
    assert rows["proven"]["score"] == 0.058134
    suspected = rows["suspected"]
    assert (suspected["message"], suspected["wasted_minutes"], suspected["failed_url"]) == (
        "said",
        None,
        None,
    )
    assert (suspected["first_seen"], suspected["last_seen"]) == tuple(
        f"{STOP - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for days in (20, 2)
    )


async def test_a_flake_is_suspected_while_its_finding_lasts_and_quiet_when_it_ended_in_the_period(
    stores: Stores,
) -> None:
    await stores.write(
        found("lasts", 50), found("ended", 50, ended=9), found("over", 60, ended=31), found("later", -1),
        found("again", 25, ended=20, rate=0.2), found("again", 6), results("again", "failed", 1),
        found("proven before", 60, proven=3), flake("last", 20), found("last", 20, proven=1),
    )  # fmt: skip
    rows = {row["test"]: row for row in await stores.ask("flaky")}
    assert {name: (row["state"], row["flakes"], row["runs"]) for name, row in rows.items()} == {
        "lasts": ("flaky", 0, 0),
        "ended": ("quiet", 0, 0),
        "again": ("broken", 1, 1),
        "last": ("flaky", 1, 0),
    }
    assert {name for name, row in rows.items() if row["evidence"] == "proven"} == {"last"}
    assert rows["again"]["flake_rate"] == 0.1
    assert rows["lasts"]["score"] is None


async def test_a_suspected_test_without_reports_ran_whenever_its_job_did(stores: Stores) -> None:
    await stores.write(
        told("t", 3, 2, message="boom"), found("t", 9), jobs("failure", 3, 2), jobs("success", 2, 20)
    )
    (row,) = await stores.ask("flaky")
    assert (row["evidence"], row["flakes"], row["runs"], row["state"]) == ("suspected", 2, 22, "flaky")
    assert (row["message"], row["flake_rate"]) == ("boom", 0.1)
