"""What the report asks a store."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from etl.load.duckdb import DuckStore
from etl.load.line_encoder import encode
from etl.model.points import NANOSECONDS, Point
from etl.queries import question
from etl.report.ask import REPORTED, ask, parameters
from etl.settings import load
from tests.report.answers import PERIOD


async def test_a_question_is_asked_with_its_own_options(tmp_path: Path) -> None:
    store = DuckStore(tmp_path / "store.duckdb")
    settings = load({}, file=Path("/dev/null"), overrides={"repositories": ["acme/rocket"]})
    tags = {
        "repository": "acme/rocket",
        "workflow": "CI",
        "job": "unit",
        "job_group": "unit",
        "branch": "main",
    }
    time = int((PERIOD.start + timedelta(days=1)).timestamp()) * NANOSECONDS
    points = [
        Point("failure", tags | {"source": "log", "signature": name}, {"message": "m", "template": "t"}, time)
        for name in "abc"
    ]
    await store.write([encode(point) for point in points])

    async def signatures(names: Mapping[str, Mapping[str, Any]]) -> list[str]:
        answers = await ask(store, settings, names, parameters(PERIOD))
        return [row["signature"] for row in answers["failures_over_time"]]

    assert await signatures({"failures_over_time": {"most_rows": 1}}) == ["c"]
    assert await signatures({"failures_over_time": {}}) == ["a", "b", "c"]


def test_the_report_asks_only_for_what_there_is() -> None:
    for name, options in REPORTED.items():
        assert options.keys() <= (question(name).options or {}).keys()
