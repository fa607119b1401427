"""The newest executions and results of small histories whose answers are known; both stores give them."""

from typing import Any

import pytest

from etl.load.duckdb import DuckStore
from etl.load.influxdb import InfluxStore
from etl.model.points import Point
from tests.queries.test_flaky import JOB, Stores, ago, results
from tests.queries.test_trends import execution


@pytest.fixture
def stores(influx: InfluxStore, duck: DuckStore) -> Stores:
    return Stores(influx, duck)


async def test_the_newest_executions_of_each_job_on_each_branch(stores: Stores) -> None:
    await stores.write(
        [execution(days, "failure", run_id=days) for days in range(1, 6)],
        [execution(days, "cancelled", job="lint", job_group="lint") for days in (7, 8, 9)],
        [execution(10, branch="(pull request)"), execution(40)],
    )
    rows = await stores.ask("latest_executions", most_rows=2)
    assert [(row["branch"], row["job"], row["conclusion"]) for row in rows] == [
        ("(pull request)", "unit", "success"),
        ("main", "lint", "cancelled"),
        ("main", "lint", "cancelled"),
        ("main", "unit", "failure"),
        ("main", "unit", "failure"),
    ]
    assert [row["run_id"] for row in rows] == [0, 0, 0, 2, 1]
    assert rows[-1]["url"] == f"https://github.com/acme/rocket/actions/runs/1/job/{rows[-1]['job_id']}"
    assert rows[0]["url"] is None
    newest = await stores.ask("latest_executions", most_in_all=3)
    assert [(row["job"], row["run_id"]) for row in newest] == [("unit", 3), ("unit", 2), ("unit", 1)]
    elsewhere = await stores.ask("latest_executions", branch="main", server_url="https://git.acme.example")
    assert {row["branch"] for row in elsewhere} == {"main"}
    assert elsewhere[-1]["url"].startswith("https://git.acme.example/acme/rocket/")


async def test_the_newest_results_of_tests_that_failed(stores: Stores) -> None:
    await stores.write(
        results("often", "failed", 3, 3), results("often", "passed", 2, 4), results("often", "skipped", 1),
        results("once", "error", 3), results("never", "passed", 3), results("before", "failed", 40),
        results("before", "passed", 1), results("also once", "failed", 5),
        [Point("test", JOB | {"branch": "x", "suite": "suite", "test": "once", "outcome": "passed"}, {"job_id": 1}, ago(9))],
    )  # fmt: skip
    rows = await stores.ask("latest_results", most_rows=4)
    assert [(row["branch"], row["test"], row["outcome"]) for row in rows] == [
        ("main", "also once", "failed"),
        ("main", "often", "passed"),
        ("main", "often", "passed"),
        ("main", "often", "passed"),
        ("main", "often", "skipped"),
        ("main", "once", "error"),
        ("x", "once", "passed"),
    ]
    newest = await stores.ask("latest_results", most_in_all=2)
    assert [row["test"] for row in newest] == ["often", "often"]
    assert {row["test"] for row in await stores.ask("latest_results", most_tests=2)} == {"also once", "often"}


async def test_the_newest_messages_of_each_failure_in_each_job(stores: Stores) -> None:
    def message(days: float, text: str, job: str = "unit", signature: str = "a", **fields: Any) -> Point:
        tags = JOB | {"job": job, "source": "test", "category": "network", "signature": signature}
        tags |= {"branch": fields.pop("branch", "main")}
        return Point("failure", tags, {"message": text, **fields}, ago(days))

    await stores.write(
        [message(days, f"m{days}", run_id=days, job_id=7) for days in (1, 2, 3)],
        [message(4, "of a test", "e2e", test="test_x", path="tests/x.py"), message(5, "b", signature="b")],
        [message(6, "elsewhere", branch="x"), message(40, "before")],
    )
    rows = await stores.ask("latest_messages", most_rows=2)
    assert [(row["signature"], row["job"], row["message"], row["count"]) for row in rows] == [
        ("a", "e2e", "of a test", 1),
        ("a", "unit", "m2", 4),
        ("a", "unit", "m1", 4),
        ("b", "unit", "b", 1),
    ]
    assert (rows[0]["test"], rows[0]["path"], rows[0]["url"]) == ("test_x", "tests/x.py", None)
    assert rows[2]["url"] == "https://github.com/acme/rocket/actions/runs/1/job/7"
    newest = await stores.ask("latest_messages", most_in_all=1)
    assert [row["message"] for row in newest] == ["m1"]
