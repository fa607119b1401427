"""Queries for people: each runs as it stands against the demo's history, and is right."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from etl.load.influxdb import InfluxStore
from etl.settings import InfluxSettings
from etl.transform.schema import NANOSECONDS
from tests.dashboards.test_queries import answer
from tests.played import Played
from tools.docs import ROOT

_HEADED = re.compile(r"^###? ([^\n]+)\n(?:(?!^#|```)[^\n]*\n)*```flux\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COOKBOOK = (ROOT / "docs/cookbook.md").read_text("utf-8")
RECIPES = dict(_HEADED.findall(COOKBOOK))
ELSEWHERE = {
    page: re.search(r"^```flux\n(.*?)^```$", (ROOT / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    for page in ("README.md", "docs/schema.md")
}
ALL = RECIPES | {page: found[1] for page, found in ELSEWHERE.items() if found}
COUNTED = "conclusion IN ('success', 'failure', 'timed_out', 'startup_failure')"
RATE = """
    count(*) FILTER (conclusion = 'success') AS success, count(*) AS total,
    success / total AS success_rate
"""
# What SQL answers to the same questions of the same two weeks; `$start` and `$stop` are nanoseconds.
FIGURES = {
    "How long do jobs take?": """
        SELECT repository, workflow, job, quantile_cont(duration_s, 0.5) AS _value FROM job
        WHERE conclusion = 'success' AND {within} GROUP BY ALL""",
    "How do the jobs of a matrix compare?": """
        SELECT repository, workflow, job, quantile_cont(duration_s, 0.5) AS _value FROM job
        WHERE conclusion = 'success' AND job_group = 'unit' AND {within} GROUP BY ALL""",
    "How long do jobs wait for a runner?": """
        SELECT repository, runner, quantile_cont(queued_s, 0.95) AS _value FROM job
        WHERE {counted} AND {within} GROUP BY ALL""",
    "When is CI busiest?": """
        SELECT time // 3600000000000 % 24 AS hour, count(*) AS _value FROM job WHERE {within} GROUP BY ALL""",
    "How often does each workflow succeed?": """
        SELECT repository, workflow, {rate} FROM workflow_run WHERE {counted} AND {within} GROUP BY ALL""",
    "Which jobs are the least reliable?": """
        SELECT repository, workflow, job, {rate} FROM job WHERE {counted} AND {within} GROUP BY ALL
        ORDER BY success_rate LIMIT 20""",
    "Do pull requests fail more often than the default branch?": """
        SELECT repository, workflow, branch, {rate} FROM workflow_run
        WHERE {counted} AND {within} GROUP BY ALL""",
    "Is the default branch broken?": """
        SELECT repository, workflow, arg_max(conclusion, time) AS conclusion, arg_max(url, time) AS _value
        FROM workflow_run WHERE branch = 'main' AND {counted} AND {within} GROUP BY ALL""",
    "Which tests are flaky?": """
        SELECT repository, workflow, job, suite, test, count(DISTINCT time) AS _value FROM flake
        WHERE level = 'test' AND {within} GROUP BY ALL""",
    "Which tests did not pass once on a day?": """
        SELECT repository, workflow, job, suite, test, 0 AS passed, count(*) AS failed FROM test
        WHERE outcome <> 'skipped' AND suite <> '␛(empty)' AND {within}
        GROUP BY repository, workflow, job, suite, test, time // 86400000000000 HAVING count(*) FILTER (outcome = 'passed') = 0""",
    "Where does a failure come from?": """
        SELECT repository, signature, workflow, job, branch, count(*) AS _value FROM failure
        WHERE {within} GROUP BY ALL""",
    "What do re-runs cost?": """
        SELECT repository, workflow, job, sum(duration_s) / 60 AS _value FROM job
        WHERE attempt <> '1' AND {within} GROUP BY ALL""",
    "What do flaky jobs waste?": """
        SELECT repository, workflow, job, sum(wasted_s) / 60 AS _value FROM (
            SELECT DISTINCT ON (repository, workflow, job, time) * FROM flake
            WHERE wasted_s IS NOT NULL AND {within}
        ) GROUP BY ALL""",
    "How much is cancelled?": """
        SELECT repository, workflow, sum(duration_s) / 60 AS _value FROM job
        WHERE conclusion = 'cancelled' AND {within} GROUP BY ALL""",
}
on_each = pytest.mark.parametrize("flux", ALL.values(), ids=ALL)


def test_twenty_questions_each_have_a_heading_of_their_own() -> None:
    assert len(RECIPES) >= 20
    assert len(RECIPES) == COOKBOOK.count("```flux\n")
    assert all(ELSEWHERE.values())


@on_each
async def test_recipes_give_rows(flux: str, played: Played, played_influx: InfluxStore) -> None:
    assert await answer(played_influx, in_bucket(flux, played.settings))


@on_each
async def test_recipes_run_without_data(
    flux: str, influx: InfluxStore, influx_settings: InfluxSettings
) -> None:
    rows = await answer(influx, in_bucket(flux, influx_settings))
    # Cardinality alone has an answer then.
    assert all(row["_value"] == 0 for row in rows)


@pytest.mark.parametrize("title", FIGURES)
async def test_recipes_answer_as_sql_does(title: str, played: Played, played_influx: InfluxStore) -> None:
    flux = in_bucket(RECIPES[title], played.settings)
    (days,) = {int(found) for found in re.findall(r"start: -(\d+)d", flux)}
    start = played.now - timedelta(days=days)
    flux = flux.replace(f"start: -{days}d", f"start: {_rfc3339(start)}, stop: {_rfc3339(played.now)}")
    sql = FIGURES[title].format(within="time >= $start AND time < $stop", counted=COUNTED, rate=RATE)
    bounds = {"start": _nanoseconds(start), "stop": _nanoseconds(played.now)}
    expected = played.rows(sql, bounds)
    found = await answer(played_influx, flux)
    assert expected
    assert plain(found, expected[0]) == plain(expected, expected[0])


def plain(rows: list[dict[str, Any]], names: Any) -> list[list[tuple[str, Any]]]:
    """Rows with these columns alone, in one order whatever the store's."""
    return sorted(
        [
            (name, round(value, 6) if isinstance(value := row[name], float) else value)
            for name in sorted(names)
        ]
        for row in rows
    )


def in_bucket(flux: str, settings: InfluxSettings) -> str:
    """The query, of the bucket of a test."""
    assert 'bucket: "ci-health"' in flux
    return flux.replace('bucket: "ci-health"', f'bucket: "{settings.bucket}"')


def _rfc3339(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * NANOSECONDS
