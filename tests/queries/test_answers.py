"""Both stores give the same bytes to the same question of the same points."""

import json
from datetime import timedelta
from typing import Any

import pytest

from etl.load.duckdb import DuckStore
from etl.load.influx_client import library
from etl.load.influxdb import InfluxStore
from etl.load.line_encoder import encode
from etl.model.writes import Row
from etl.queries import QUESTIONS
from tests.queries.samples import NASTY, SPAN, START, STOP, points
from tests.selection import every_nth

ASKED: list[dict[str, Any]] = [
    SPAN,
    {"start": START, "stop": START + timedelta(hours=11)},
    {"start": START - timedelta(days=7), "stop": STOP + timedelta(days=7)},
    {"start": STOP + timedelta(days=5), "stop": STOP + timedelta(days=6)},
    SPAN | {"repository": "acme/rocket"},
    SPAN | {"repository": "acme/rocket.js", "branch": r"release/1.\d"},
    SPAN | {"repository": "${repository}", "workflow": '" or true //'},
    *(SPAN | {"workflow": name} for name in NASTY[1:4]),
]


async def same(influx: InfluxStore, duck: DuckStore, name: str, parameters: dict[str, Any]) -> list[Row]:
    """The answer, after both stores gave it byte by byte."""
    answers = [await store.query(name, parameters) for store in (influx, duck)]
    assert json.dumps(answers[0], indent=1) == json.dumps(answers[1], indent=1)
    return answers[0]


@pytest.mark.parametrize(
    ("seed", "step"), [(1, 4), *(pytest.param(seed, 1, marks=pytest.mark.thorough) for seed in (1, 2))]
)
async def test_both_stores_give_the_same_bytes(
    influx: InfluxStore, duck: DuckStore, seed: int, step: int
) -> None:
    lines = [encode(point) for point in points(seed, 2_000)]
    for store in (influx, duck):
        assert (await store.write(lines)).accepted == len(lines)
    for name in QUESTIONS:
        for parameters in ASKED[::step]:
            answer = await same(influx, duck, name, parameters)
            assert answer or parameters is not SPAN


async def test_empty_stores_answer_alike(influx: InfluxStore, duck: DuckStore) -> None:
    for name in QUESTIONS:
        answer = await same(influx, duck, name, SPAN)
        assert len(answer) == (name == "overview")


@pytest.mark.parametrize("conclusion", ["failure", "cancelled", "success"])
async def test_conclusions_that_never_occur(influx: InfluxStore, duck: DuckStore, conclusion: str) -> None:
    kept = [point for point in points(3, 400) if point.tags.get("conclusion", conclusion) == conclusion]
    for store in (influx, duck):
        await store.write([encode(point) for point in kept])
    for name in QUESTIONS:
        await same(influx, duck, name, SPAN)


async def test_windows_of_other_lengths(influx: InfluxStore, duck: DuckStore) -> None:
    for store in (influx, duck):
        await store.write([encode(point) for point in points(4, 600)])
    for every in (timedelta(hours=1), timedelta(days=2), timedelta(days=7)):
        assert await same(influx, duck, "success_over_time", SPAN | {"every": every})


@pytest.mark.parametrize("step", every_nth(2, [4, 1]))
async def test_jobs_and_tests_are_matched_as_they_are_called(
    influx: InfluxStore, duck: DuckStore, step: int
) -> None:
    for store in (influx, duck):
        await store.write([encode(point) for point in points(6, 900)])
    for asked in QUESTIONS.values():
        for name in {"job", "test"} & set(asked.filters):
            answers = [await same(influx, duck, asked.name, SPAN | {name: value}) for value in NASTY[::step]]
            assert any(answers) or step > 1


@pytest.mark.parametrize("name", QUESTIONS)
async def test_flux_is_pushed_down_to_storage(influx: InfluxStore, name: str) -> None:
    """Every stream is grouped where it is stored: none brings raw points into the query engine."""
    await influx.write([encode(point) for point in points(5, 300)])
    sources = await operators(influx, name, SPAN | {"repository": "acme/rocket"})
    assert sources
    assert set(sources) <= {"*influxdb.readGroupSource", "*influxdb.readWindowAggregateSource"}


async def operators(influx: InfluxStore, name: str, parameters: dict[str, Any]) -> list[str]:
    """Flux's own account of how it read from storage."""
    found: list[Any] = []
    options = library.client.query_api.QueryOptions(profilers=["operator"], profiler_callback=found.append)
    given = {"bucket": influx._settings.bucket, **QUESTIONS[name].bound(parameters)}
    await influx._client.query_api(options).query(QUESTIONS[name].flux, params=given)
    return [record["Type"] for record in found if "influxdb" in record.values.get("Type", "")]
