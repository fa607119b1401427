"""What is slow, and since when what is broken, in small histories whose answers are known."""

from datetime import timedelta

import pytest

from etl.judge.finding import Commits, Effect, Finding, Kind
from etl.judge.history import Level, Subject
from etl.judge.points import finding_point
from etl.load.duckdb import DuckStore
from etl.load.influxdb import InfluxStore
from etl.model.points import Point
from etl.model.tag_values import EMPTY
from tests.queries.samples import STOP
from tests.queries.test_flaky import JOB, MONTH, Stores, ago


@pytest.fixture
def stores(influx: InfluxStore, duck: DuckStore) -> Stores:
    return Stores(influx, duck)


def timed(measurement: str, days: float, *seconds: float, **tags: str) -> list[Point]:
    common = {
        "job": {"conclusion": "success"},
        "step": {"conclusion": "success"},
        "test": {"outcome": "passed"},
    }
    tags = {**JOB, **common[measurement], **tags}
    return [Point(measurement, tags, {"job_id": 1, "duration_s": each}, ago(days)) for each in seconds]


async def test_what_takes_the_most_time_comes_first(stores: Stores) -> None:
    await stores.write(
        timed("job", 3, 60, 120, 180), timed("job", 40, 90), timed("job", 3, 1, job="lint"),
        timed("job", 3, 9_999, conclusion="cancelled"), timed("step", 3, 50, 70, step="Run"),
        timed("step", 3, 9_999, step="Run", conclusion="skipped"), timed("test", 3, 2, 4, suite="a.b", test="t"),
        timed("test", 3, 5, suite=EMPTY, test="alone"), timed("test", 3, 99, suite="s", test="s", outcome="skipped"),
        timed("test", 31, 7, suite="a.b", test="t"),
    )  # fmt: skip
    rows = await stores.ask("slow")
    shown = [(row["level"], row["name"], row["p50_s"], row["p95_s_before"], row["minutes"]) for row in rows]
    assert shown == [
        ("job", "unit", 120.0, 90.0, 6.0),
        ("step", "Run", 60.0, None, 2.0),
        ("test", "a.b::t", 3.0, 7.0, 0.1),
        ("test", "alone", 5.0, None, 0.083333),
        ("job", "lint", 1.0, None, 0.016667),
    ]
    assert rows[0]["p95_s"] == 174.0
    assert await stores.ask("slow", with_tests=False) == [row for row in rows if row["level"] != "test"]
    assert await stores.ask("slow", job="lint") == rows[4:]


async def test_only_so_many_of_each_are_listed(stores: Stores) -> None:
    await stores.write(*(timed("job", 3, float(number), job=f"job {number}") for number in range(1, 30)))
    assert len(await stores.ask("slow")) == 20
    assert [row["name"] for row in await stores.ask("slow", most_rows=2)] == ["job 29", "job 28"]


def broken(
    days: float,
    *,
    ended: float | None = None,
    repaired: str = "",
    good: str = "a1",
    bad: str = "b2",
    **subject: str,
) -> Point:
    """A break of a job that began and ended so many days before the end of the period."""
    since = int((STOP - timedelta(days=days)).timestamp())
    until = None if ended is None else int((STOP - timedelta(days=ended)).timestamp())
    names = {"job": "unit", "branch": "main", **subject}
    found = Finding(
        Kind.BROKEN,
        Subject("acme/rocket", Level(names.pop("level", "job")), names.pop("workflow", "CI"), **names),
        since,
        0.999,
        Effect(1.0, 1.0, 1.0),
        Commits(good, bad, ("c3", "d4")),
        9,
        0.0,
        1.0,
        until=until,
        repaired=repaired,
        repair_s=until - since if repaired and until else None,
    )
    return finding_point(found, 5.0)


async def test_a_break_that_lasts_has_its_commits_and_how_long_it_lasts(stores: Stores) -> None:
    """Also one that began before the period, and one of a branch that is not the default one."""
    await stores.write(
        [
            broken(2),
            broken(40, branch="release-1", job="", level="workflow"),
            broken(1, level="test", suite="s", name="t"),
            broken(1, job="", level="workflow", workflow="Docs", ended=0.5),
            broken(40, job="old", ended=31),
            finding_point(Finding(Kind.FLAKY, Subject("acme/rocket", Level.JOB, "CI", "lint"), 1_000, 1.0,
                                  Effect(0.1, 0.0, 0.2), Commits("", ""), 5, 0.0, 0.1), 1.0),
        ]
    )  # fmt: skip
    rows = await stores.ask("broken")
    assert [
        (row["level"], row["workflow"], row["job"], row["test"], row["branch"], row["hours"]) for row in rows
    ] == [
        ("workflow", "CI", None, None, "release-1", 960.0),
        ("job", "CI", "unit", None, "main", 48.0),
        ("test", "CI", "unit", "t", "main", 24.0),
        ("workflow", "Docs", None, None, "main", None),
    ]
    expected = {
        "since": f"{STOP - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}", "until": None, "suite": None,
        "last_good_sha": "a1", "first_bad_sha": "b2", "between": "c3,d4", "repaired_sha": None,
        "hours_to_repair": None, "mean_hours_to_repair": None, "evidence": 9, "probability": 0.999,
        "url": "https://github.com/acme/rocket/compare/a1...b2",
    }  # fmt: skip
    assert {name: rows[1][name] for name in expected} == expected
    assert await stores.ask("broken", branch="release-1") == rows[:1]
    assert await stores.ask("broken", workflow="Docs") == rows[3:]


async def test_of_several_breaks_the_last_is_told_and_what_repairs_took(stores: Stores) -> None:
    await stores.write(
        [
            broken(6, ended=5, repaired="r1"),
            broken(4, ended=3.5, repaired="r2", good="e5", bad="f6"),
            broken(6, branch="release-1", ended=5.5, repaired="r3"),
            broken(2, branch="release-1"),
        ]
    )
    lasting, repaired = await stores.ask("broken")
    assert (lasting["branch"], lasting["hours"], lasting["mean_hours_to_repair"]) == ("release-1", 48.0, 12.0)
    told = ("branch", "last_good_sha", "first_bad_sha", "repaired_sha", "hours", "hours_to_repair")
    assert [repaired[name] for name in told] == ["main", "e5", "f6", "r2", None, 12.0]
    assert repaired["mean_hours_to_repair"] == 18.0


async def test_what_ended_without_a_repair_took_none(stores: Stores) -> None:
    """Its job is gone: nobody knows whether it was repaired."""
    await stores.write([broken(3, ended=1)])
    (row,) = await stores.ask("broken")
    assert (row["hours"], row["repaired_sha"], row["hours_to_repair"]) == (None, None, None)
    assert row["until"] is not None


async def test_what_was_not_seen_good_has_no_last_good_commit(stores: Stores) -> None:
    await stores.write([broken(2, good=""), broken(1, bad="", branch="release-1")])
    first, second = await stores.ask("broken", **MONTH, server_url="https://ghe.example")
    assert (first["last_good_sha"], first["url"]) == (None, "https://ghe.example/acme/rocket/commit/b2")
    assert (second["first_bad_sha"], second["url"]) == (None, None)
