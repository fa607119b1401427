"""What is slow, and since when what is broken, in small histories whose answers are known."""

from datetime import timedelta

import pytest

from etl.load.duckdb import DuckStore
from etl.load.influxdb import InfluxStore
from etl.model.points import FieldValue, Point
from etl.model.tag_values import EMPTY
from tests.queries.samples import STOP
from tests.queries.test_flaky import JOB, MONTH, Stores, ago

RUN = {name: JOB[name] for name in ("repository", "workflow", "branch")} | {"event": "push"}


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


def run(number: int, days: float, conclusion: str, attempt: int = 1, **tags: str) -> list[Point]:
    """An attempt of a run, and of its one job."""
    fields: dict[str, FieldValue] = {"run_id": number, "head_sha": f"sha {number}"}
    time = ago(days)
    common = {**RUN, **tags, "attempt": str(attempt), "conclusion": conclusion}
    job = {**common, "job": "unit", "job_group": "unit", "runner": "linux"}
    return [
        Point("workflow_run", common, fields, time),
        Point("job", job, {"job_id": number, **fields}, time),
    ]


async def test_a_break_lasts_from_its_first_red_run(stores: Stores) -> None:
    await stores.write(
        run(1, 9, "success"), run(2, 8, "failure"), run(3, 7.5, "timed_out"), run(4, 7, "success"),
        run(5, 6, "failure"), run(5, 5.9, "success", attempt=2),  # healed by the next attempt: a flake
        run(6, 5, "cancelled"), run(7, 2, "failure"), run(8, 1, "failure"),
        run(9, 0.5, "failure", branch="(pull request)"), run(10, 0.4, "success", branch="(other)"),
    )  # fmt: skip
    rows = await stores.ask("broken")
    since = f"{STOP - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"
    expected = {"since": since, "last_good_sha": "sha 5", "first_bad_sha": "sha 7", "hours": 48.0}
    expected |= {"url": "https://github.com/acme/rocket/compare/sha 5...sha 7"}
    assert [row["job"] for row in rows] == [None, "unit"]
    for row in rows:
        assert {name: row[name] for name in expected} == expected
        assert row["mean_hours_to_repair"] == 24.0


async def test_runs_of_other_cis_stand_where_they_ended(stores: Stores) -> None:
    """Their ids are negative, and have no order."""
    await stores.write(
        run(-7, 9, "success"), run(-900, 8, "failure"), run(-2, 7.9, "failure"), run(-500, 7, "success"),
        run(-1, 2, "failure"), run(-800, 1, "failure"),
    )  # fmt: skip
    rows = await stores.ask("broken")
    assert [row["job"] for row in rows] == [None, "unit"]
    for row in rows:
        assert (row["last_good_sha"], row["first_bad_sha"]) == ("sha -500", "sha -1")
        assert (row["hours"], row["mean_hours_to_repair"]) == (48.0, 24.0)


async def test_what_is_repaired_tells_how_long_that_took_and_no_more(stores: Stores) -> None:
    await stores.write(run(1, 8, "failure"), run(2, 7.5, "success"), run(3, 3, "success", workflow="Docs"))
    assert {row["workflow"] for row in await stores.ask("broken")} == {"CI"}
    for row in await stores.ask("broken"):
        unknown = ("since", "hours", "last_good_sha", "first_bad_sha", "url")
        assert [row[name] for name in unknown] == [None] * len(unknown)
        assert row["mean_hours_to_repair"] == 12.0


async def test_what_was_never_seen_good_has_no_last_good_commit(stores: Stores) -> None:
    await stores.write(run(1, 2, "failure"))
    assert {row["last_good_sha"] for row in await stores.ask("broken")} == {None}
    assert {row["first_bad_sha"] for row in await stores.ask("broken", **MONTH)} == {"sha 1"}
    links = {row["url"] for row in await stores.ask("broken", server_url="https://ghe.example")}
    assert links == {"https://ghe.example/acme/rocket/commit/sha 1"}
