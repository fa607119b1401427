"""Queries for people: each runs as it stands against the demo's history, and is right."""

import re

import pytest

from etl.load.influxdb import InfluxStore
from etl.settings import InfluxSettings
from tests.dashboards.test_queries import answer
from tests.played import Played
from tools.docs import ROOT

_HEADED = re.compile(r"^###? ([^\n]+)\n(?:(?!^#|```)[^\n]*\n)*```flux\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COOKBOOK = (ROOT / "docs/cookbook.md").read_text("utf-8")
RECIPES = dict(_HEADED.findall(COOKBOOK))
README = (ROOT / "README.md").read_text("utf-8")
ALL = RECIPES | {f"README: {head}": flux for head, flux in _HEADED.findall(README)}
on_each = pytest.mark.parametrize("flux", ALL.values(), ids=ALL)


def test_twenty_questions_each_have_a_heading_of_their_own() -> None:
    assert len(RECIPES) >= 20
    assert len(RECIPES) == COOKBOOK.count("```flux\n")


@on_each
async def test_recipes_give_rows(flux: str, played: Played, played_influx: InfluxStore) -> None:
    assert await answer(played_influx, in_bucket(flux, played.settings))


@on_each
async def test_recipes_run_without_data(
    flux: str, influx: InfluxStore, influx_settings: InfluxSettings
) -> None:
    rows = await answer(influx, in_bucket(flux, influx_settings))
    assert all(row["_value"] == 0 for row in rows)


def in_bucket(flux: str, settings: InfluxSettings) -> str:
    assert 'bucket: "ci-health"' in flux
    return flux.replace('bucket: "ci-health"', f'bucket: "{settings.bucket}"')
