"""The tasks of docs/scale.md, in a real InfluxDB."""

import re
import time
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from etl.load.line_encoder import encode
from etl.model.points import NANOSECONDS, Point
from etl.model.schema import JOB, STEP, TEST
from tests.influxd import Influxd
from tests.waiting import HANGS_S

PAGE = Path(__file__).parent.parent.parent / "docs" / "scale.md"
DAY_S = 86_400
OF_JOB = {"repository": "acme/rocket", "workflow": "CI", "job": "unit", "job_group": "unit", "branch": "main"}
_numbers = count(1)


@pytest.fixture
def buckets(influxd: Influxd) -> tuple[str, str]:
    """Names of a bucket, and of the one for its history."""
    name = f"scale-{next(_numbers)}"
    (organisation,) = influxd.call("GET", "/api/v2/orgs")["orgs"]
    for one in (name, f"{name}-history"):
        asked = {"orgID": organisation["id"], "name": one, "retentionRules": []}
        influxd.call("POST", "/api/v2/buckets", asked)
    return name, f"{name}-history"


def test_the_tasks_keep_what_is_for_years(influxd: Influxd, buckets: tuple[str, str]) -> None:
    bucket, history = buckets
    yesterday = int(time.time()) // DAY_S * DAY_S - DAY_S
    job = Point(
        JOB.name, {**OF_JOB, "conclusion": "success"}, {"job_id": 1, "duration_s": 7.5, "url": "u"}, 0
    )
    step = Point(STEP.name, {**OF_JOB, "step": "checkout", "conclusion": "success"}, {"job_id": 1}, 0)
    points = [one._replace(time=yesterday * NANOSECONDS + 5) for one in (job, step)]
    for number, (day, duration_s) in enumerate([(0, 1.0), (0, 3.0), (1, 5.0), (8, 9.0)]):
        at = (yesterday - day * DAY_S + 60 * number) * NANOSECONDS
        tags = {**OF_JOB, "suite": "s", "test": "t", "outcome": "passed"}
        points.append(Point(TEST.name, tags, {"job_id": number, "duration_s": duration_s}, at))
    influxd.write(bucket, [encode(point) for point in points])
    for _ in range(2):
        for task in tasks():
            run_to_its_end(influxd, task.replace('"ci-health', f'"{bucket}'))
    rows = kept(influxd, history)
    assert [row for row in rows if row["_measurement"] == "step" or row["_measurement"] == "test"] == []
    of_jobs = {row["_field"]: row for row in rows if row["_measurement"] == "job"}
    assert {name: row["_value"] for name, row in of_jobs.items()} == {
        "job_id": "1",
        "duration_s": "7.5",
        "url": "u",
    }
    assert all(OF_JOB.items() <= row.items() for row in rows)
    days = {
        (row["_field"], row["_time"][:10]): row["_value"] for row in rows if row["_measurement"] == "test_day"
    }
    first, second = (time.strftime("%Y-%m-%d", time.gmtime(yesterday - one * DAY_S)) for one in (0, 1))
    assert days == {
        ("results", first): "2",
        ("duration_s", first): "2",
        ("results", second): "1",
        ("duration_s", second): "5",
    }


def tasks() -> list[str]:
    """The tasks that the page shows."""
    return re.findall(r"```flux\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def run_to_its_end(influxd: Influxd, flux: str) -> None:
    """Make a task, and run it once."""
    task = influxd.call("POST", "/api/v2/tasks", {"flux": flux, "org": influxd.org})
    path = f"/api/v2/tasks/{task['id']}"
    influxd.call("POST", f"{path}/runs", {})
    until = time.monotonic() + HANGS_S
    while "lastRunStatus" not in (state := influxd.call("GET", path)):
        assert time.monotonic() < until, state
        time.sleep(0.05)
    assert state["lastRunStatus"] == "success", state
    influxd.text("DELETE", path)


def kept(influxd: Influxd, bucket: str) -> list[dict[str, Any]]:
    """All values in a bucket, as text."""
    asked = f'from(bucket: "{bucket}") |> range(start: 0) |> toString() |> group()'
    answer = influxd.text(
        "POST",
        f"/api/v2/query?org={influxd.org}",
        {"query": asked, "type": "flux", "dialect": {"annotations": []}},
    )
    header, *lines = [line.split(",") for line in answer.splitlines() if line]
    return [dict(zip(header, line, strict=True)) for line in lines]
