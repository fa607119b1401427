"""Every query of the dashboards and alert rules, filled in as Grafana does, asked of the real InfluxDB."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import yaml

from dashboards.__main__ import PAGES, ROOT
from dashboards.alerts import rules
from dashboards.findings import PROBLEMS
from dashboards.flux import CHOSEN, WINDOWS, asked, chosen
from dashboards.marks import IMPROVEMENTS, MAX_MARKS, marks
from dashboards.variables import ALL as ALL_VALUE
from etl.load.duckdb import DuckStore
from etl.load.influxdb import InfluxStore
from etl.load.line_encoder import encode
from etl.queries import QUESTIONS
from etl.settings import InfluxSettings
from tests.dashboards.grafana import ALL, Grafana, Value, provisioned
from tests.queries.samples import NASTY, REPOSITORIES, SPAN, START, STOP, points
from tests.selection import every_nth

VARIABLES = (*CHOSEN, "test")
FIXED: dict[str, Value] = {"every": "1d"}
EVERYTHING: dict[str, Value] = {**{name: [ALL] for name in VARIABLES}, "test": NASTY[4], **FIXED}
CHOICES: dict[str, dict[str, Value]] = {
    "all": EVERYTHING,
    "one": EVERYTHING | {"repository": [REPOSITORIES[0]], "workflow": [NASTY[2]], "branch": ["main"]},
    "several": EVERYTHING | {"workflow": list(NASTY), "job": list(NASTY), "branch": ["main", r"release/1.\d"]},
    "hostile": EVERYTHING | {
        "workflow": '/) or true //"${1+1}', "job": ["\\", "/", "${string(v: 1)}", "v.bucket"], "every": "1h) |> die(//",
    },
}  # fmt: skip
PAGE = pytest.mark.parametrize("page", [page() for page in PAGES], ids=lambda page: page.name)


def opened(bucket: str, values: dict[str, Value]) -> Grafana:
    return Grafana(values, bucket, START, STOP, dict.fromkeys(CHOSEN, ALL_VALUE))


async def answer(store: InfluxStore, flux: str) -> list[dict[str, Any]]:
    tables = await store._client.query_api().query(flux)
    return [record.values for table in tables for record in table.records]


def queries(page: Any) -> Iterator[tuple[str, str]]:
    """What a dashboard asks: title, variable or annotation → Flux."""
    made = page.model()
    for mark in marks():
        yield mark.name, mark.query
    for variable in made.templating.list_val:
        if variable.type_val == "query":
            yield variable.name, variable.query
    for panel in made.panels:
        for target in panel.targets:
            yield panel.title, target.query


@pytest.fixture
async def filled(influx: InfluxStore) -> InfluxStore:
    await influx.write([encode(point) for point in points(7, 4_000)])
    return influx


@PAGE
@pytest.mark.parametrize("values", every_nth(4, CHOICES.values()), ids=CHOICES)
async def test_queries_answer_whatever_is_chosen(
    page: Any, values: dict[str, Value], filled: InfluxStore, influx_settings: InfluxSettings
) -> None:
    grafana = opened(influx_settings.bucket, values)
    for title, flux in queries(page):
        rows = await answer(filled, grafana.query(flux))
        assert rows or values is not EVERYTHING, title


@PAGE
async def test_queries_answer_without_data(
    page: Any, influx: InfluxStore, influx_settings: InfluxSettings
) -> None:
    grafana = opened(influx_settings.bucket, EVERYTHING)
    for _, flux in queries(page):
        await answer(influx, grafana.query(flux))


@pytest.mark.parametrize("asked_", every_nth(4, QUESTIONS.values()), ids=lambda one: one.name)
async def test_one_value_chosen_answers_as_the_embedded_store(
    asked_: Any, filled: InfluxStore, duck: DuckStore, influx_settings: InfluxSettings
) -> None:
    await duck.write([encode(point) for point in points(7, 4_000)])
    names = tuple(name for name in VARIABLES if name in asked_.filters)
    flux = asked(asked_.name, names=names)
    for number, name in enumerate(NASTY):
        given = {
            "repository": REPOSITORIES[number % 3],
            "workflow": NASTY[number % 4],
            "job": name,
            "test": name,
        }
        given = {key: value for key, value in given.items() if key in names}
        values = EVERYTHING | {key: [value] for key, value in given.items()} | {"test": given.get("test", "")}
        rows = await answer(filled, opened(influx_settings.bucket, values).query(flux))
        assert asked_.normalised(rows) == await duck.query(asked_.name, SPAN | given)


def written(moment: datetime) -> str:
    """A time as answers have it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


async def test_marks_are_the_findings_of_the_embedded_store(
    filled: InfluxStore, duck: DuckStore, influx_settings: InfluxSettings
) -> None:
    await duck.write([encode(point) for point in points(7, 4_000)])
    for mark, kinds in zip(marks(), (PROBLEMS, IMPROVEMENTS), strict=True):
        rows = await answer(filled, opened(influx_settings.bucket, EVERYTHING).query(mark.query))
        found = await duck.query("findings", SPAN | {"kinds": kinds})
        expected = [
            (row["since"], row["until"] or row["since"], row["kind"])
            for row in found
            if row["level"] != "workflow"
        ]
        assert 0 < len(rows) == min(len(expected), MAX_MARKS)
        told = {(written(row["time"]), written(row["timeEnd"]), row["tags"]) for row in rows}
        assert told <= set(expected)


async def test_several_values_chosen_are_each_of_them(
    filled: InfluxStore, influx_settings: InfluxSettings
) -> None:
    flux = asked("jobs_over_time", names=CHOSEN)

    async def rows(jobs: Value) -> list[Any]:
        grafana = opened(influx_settings.bucket, EVERYTHING | {"job": jobs})
        return QUESTIONS["jobs_over_time"].normalised(await answer(filled, grafana.query(flux)))

    for several in (list(NASTY[:3]), list(NASTY[3:7]), list(NASTY)):
        single = [row for one in several for row in await rows(one)]
        together = await rows(several)
        assert together
        assert sorted(map(repr, together)) == sorted(map(repr, single))
    assert await rows([ALL]) == await rows(list(NASTY))


def test_provisioned_rules_are_what_the_code_says_once_grafana_has_read_them() -> None:
    content = yaml.safe_load((ROOT / "grafana-provisioning/alerting/rules.yaml").read_text("utf-8"))
    read = provisioned(content, {})["groups"][0]["rules"]
    assert provisioned(content, {}, newest=True)["groups"][0]["rules"] == read
    assert [rule["title"] for rule in read] == [rule.title for rule in rules()]
    for found, rule in zip(read, rules(), strict=True):
        asked, condition = found["data"]
        assert asked["model"]["query"] == rule.query.flux
        assert condition["model"]["expression"] == rule.condition
        assert found["annotations"]["summary"] == rule.summary
        assert asked["relativeTimeRange"]["from"] > asked["relativeTimeRange"]["to"]


def test_names_reach_queries_as_regular_expressions_alone() -> None:
    texts = [flux for page in PAGES for _, flux in queries(page())]
    assert texts
    for flux in texts:
        rest = flux
        for name in (*VARIABLES, *FIXED):
            rest = rest.replace(chosen(name), "")
        assert "$" not in rest.replace("$/", "").replace('$"', "")
        assert opened("b", EVERYTHING).interpolated(rest) == rest


@pytest.mark.parametrize(
    "given", ["1h", "6h", "1d", "7d", "2h", "", "|1h", "1h)|(7d", "v.timeRangeStart", ALL]
)
async def test_the_window_is_one_of_those_that_there_are(
    given: str, influx: InfluxStore, influx_settings: InfluxSettings
) -> None:
    flux = 'import "array"\n' + next(
        line for line in asked("success_over_time").splitlines() if line.startswith("every = ")
    )
    flux += "\narray.from(rows: [{every: string(v: every)}])\n"
    grafana = Grafana(
        {"every": given}, influx_settings.bucket, START, STOP, {"every": f"({'|'.join(WINDOWS)})"}
    )
    (row,) = await answer(influx, grafana.query(flux))
    wanted = given if given in WINDOWS else "1h" if given == ALL else "1d"
    # Flux writes seven days as a week.
    assert row["every"] == ("1w" if wanted == "7d" else wanted)
