"""A month of linkerd's CI, replayed through the simulated API into both stores, against plain counting."""

import os
import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import duckdb
import pytest

from etl.app import open_pipeline
from etl.demo.history import ending
from etl.demo.recorded import load as load_history
from etl.demo.server import SimulatedGitHub
from etl.load.duckdb import DuckStore
from etl.load.influxdb import InfluxStore
from etl.load.store import Store
from etl.pipeline.run_once import sync_and_deliver
from etl.settings import load
from etl.transform.failures.templates import signature_of, template_of
from tests import linkerd
from tests.selection import every_nth
from tests.stores import BothStores
from tests.waiting import HANGS_S

COUNTED = ("success", "failure", "timed_out", "startup_failure")


@pytest.fixture(params=every_nth(2, ["all", "failed"]))
async def replay(request, tmp_path, influx_settings):
    """Both stores after one sync, with `annotations` as the parameter says."""
    linkerd.write_history(tmp_path / "history.jsonl")
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    history = ending(load_history(tmp_path / "history.jsonl"), yesterday)
    stores = BothStores(InfluxStore(influx_settings, timeout_s=HANGS_S), DuckStore(tmp_path / "both.duckdb"))
    async with SimulatedGitHub(history, rate_limit=10_000) as url:
        overrides = {
            "repositories": [linkerd.REPOSITORY],
            "github": {"api_url": url, "token": "t"},
            "data_dir": str(tmp_path),
            "since": history.start.date().isoformat(),
            "annotations": request.param,
            "logs": "off",  # none were recorded
        }
        settings = load({}, file=Path(os.devnull), overrides=overrides)
        async with open_pipeline(settings) as pipeline:
            summaries, delivery = await sync_and_deliver(replace(pipeline, store=cast("Store", stores)))
    assert [summary.error for summary in summaries] == [None]
    assert (delivery.rejected, delivery.expired, summaries[0].anomalies) == (0, 0, 0)
    period = {"start": history.start, "stop": history.end + timedelta(seconds=1)}
    yield request.param, stores, {**period, "repository": "", "workflow": "", "branch": ""}
    await stores.influx.close()


def rate(conclusions) -> tuple[int, int]:
    conclusions = list(conclusions)
    return sum(c == "success" for c in conclusions), sum(c in COUNTED for c in conclusions)


async def test_a_month_of_linkerd_counts_the_same(replay):
    mode, stores, asked = replay
    for store in (stores.influx, stores.duck):
        await check_jobs(store, asked)
        await check_workflows(store, asked)
        await check_overview(store, asked)
        await check_failures(store, asked, mode)
    check_messages(stores, mode)


async def check_jobs(store, asked):
    rows = await store.query("jobs", asked)
    found = {(row["workflow"], row["job"]): (row["success"], row["total"]) for row in rows}
    conclusions = defaultdict(list)
    for job in linkerd.jobs():
        conclusions[job["Workflow"], job["Job"]].append(job["Conclusion"])
    assert found == {key: rate(values) for key, values in conclusions.items()}
    assert all(row["success_rate"] == round(row["success"] / row["total"], 6) for row in rows if row["total"])


async def check_workflows(store, asked):
    runs = linkerd.group_runs(linkerd.jobs())
    for row in await store.query("workflows", asked):
        own = [run for run in runs if run[0]["Workflow"] == row["workflow"]]
        assert (row["success"], row["total"]) == rate(linkerd.run_conclusion(run) for run in own)
        success, total = rate(job["Conclusion"] for run in own for job in run)
        assert row["job_success_rate"] == round(success / total, 6)


async def check_overview(store, asked):
    (row,) = await store.query("overview", asked)
    success, total = rate(job["Conclusion"] for job in linkerd.jobs())
    assert (row["jobs"], row["job_success_rate"]) == (9_224, round(success / total, 6))
    runs = linkerd.group_runs(linkerd.jobs())
    success, total = rate(map(linkerd.run_conclusion, runs))
    assert (row["runs"], row["run_success_rate"]) == (len(runs), round(success / total, 6))


def expected_messages(mode) -> Counter[str]:
    notes = linkerd.annotations()
    return Counter(note["Message"] for note in notes if mode == "all" or note["Conclusion"] == "failure")


async def check_failures(store, asked, mode):
    rows = await store.query("failures", asked)
    expected: Counter[str] = Counter()
    for message, count in expected_messages(mode).items():
        # What fails in many tests is one failure: linkerd writes `TestName - message`.
        cause = re.sub(r"\ATest\w+ - ", "", message)
        expected[signature_of(template_of(cause))] += count
    assert {row["signature"]: row["count"] for row in rows} == expected
    assert sum(row["count"] for row in rows) == {"failed": 377, "all": 398}[mode]
    assert [row["count"] for row in rows] == sorted(expected.values(), reverse=True)


def check_messages(stores, mode):
    with duckdb.connect(str(stores.duck.address), read_only=True) as connection:
        found = connection.execute("SELECT message, count(*) FROM failure GROUP BY message").fetchall()
    assert Counter(dict(found)) == expected_messages(mode)
