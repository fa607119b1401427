"""Findings and what they rest on: both stores give the same bytes."""

from datetime import timedelta

import pytest

from etl.load.duckdb import DuckStore
from etl.load.influxdb import InfluxStore
from etl.load.line_encoder import encode
from tests.queries.samples import SPAN, START, STOP, points
from tests.queries.test_answers import same


@pytest.mark.parametrize("name", ["findings", "histories", "test_results"])
async def test_both_stores_answer_alike(influx: InfluxStore, duck: DuckStore, name: str) -> None:
    assert not await same(influx, duck, name, SPAN)
    lines = [encode(point) for point in points(11, 900)]
    for store in (influx, duck):
        await store.write(lines)
    for asked in (
        SPAN,
        {"start": START, "stop": STOP - timedelta(days=2)},
        SPAN | {"repository": "acme/rocket"},
    ):
        assert await same(influx, duck, name, asked)
