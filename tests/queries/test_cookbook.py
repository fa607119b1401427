"""Queries for people: each runs as it stands against the demo's history, and is right."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from etl.load.influxdb import InfluxStore
from etl.model.points import NANOSECONDS
from etl.settings import InfluxSettings
from tests.dashboards.test_queries import answer
from tests.played import Played
from tests.queries.recipes import sql
from tools.docs import ROOT

_HEADED = re.compile(r"^###? ([^\n]+)\n(?:(?!^#|```)[^\n]*\n)*```flux\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COOKBOOK = (ROOT / "docs/cookbook.md").read_text("utf-8")
RECIPES = dict(_HEADED.findall(COOKBOOK))
ELSEWHERE = {
    page: re.search(r"^```flux\n(.*?)^```$", (ROOT / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    for page in ("README.md", "docs/schema.md")
}
ALL = RECIPES | {page: found[1] for page, found in ELSEWHERE.items() if found}
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


@pytest.mark.parametrize("title", RECIPES)
async def test_recipes_answer_as_sql_does(title: str, played: Played, played_influx: InfluxStore) -> None:
    flux = in_bucket(RECIPES[title], played.settings)
    days = max(int(found) for found in re.findall(r"-(\d+)d\b", flux))
    start = played.now - timedelta(days=days)
    bounds = {"start": _nanoseconds(start), "stop": _nanoseconds(played.now)}
    expected = played.rows(sql(title), bounds)
    found = await answer(played_influx, asked_at(played.now, flux))
    assert expected
    assert plain(found, expected[0]) == plain(expected, expected[0])


def plain(rows: list[dict[str, Any]], names: Any) -> list[list[tuple[str, Any]]]:
    """Rows with these columns alone, in one order whatever the store's."""
    return sorted(([(name, _plain(row[name])) for name in sorted(names)] for row in rows), key=repr)


def _plain(value: Any) -> Any:
    match value:
        case float():
            return round(value, 6)
        case datetime():
            return int(value.timestamp())
        case str():
            return value.replace("\r\n", "\n")
    return value


def asked_at(now: datetime, flux: str) -> str:
    """The query as if it was sent at that time."""
    since = re.sub(r"-(\d+)d\b", lambda found: _rfc3339(now - timedelta(days=int(found[1]))), flux)
    return since.replace("now()", _rfc3339(now))


def in_bucket(flux: str, settings: InfluxSettings) -> str:
    """The query, of the bucket of a test."""
    assert 'bucket: "ci-health"' in flux
    return flux.replace('bucket: "ci-health"', f'bucket: "{settings.bucket}"')


def _rfc3339(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * NANOSECONDS
