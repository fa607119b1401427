"""Alert rules asked of the real InfluxDB: which of them fire when all is well, and when nothing is."""

from dataclasses import replace
from datetime import timedelta
from operator import ge, gt, lt
from typing import Any

import pytest

from dashboards.alerts import Rule, rules
from dashboards.overview import page
from dashboards.thresholds import MAX_SILENCE, STOPPED_WITHIN
from etl.judge.finding import Commits, Effect, Finding, Kind
from etl.judge.history import Level, Subject
from etl.judge.points import finding_point
from etl.load.influxdb import InfluxStore
from etl.load.line_encoder import encode
from etl.model.points import NANOSECONDS, Point
from etl.model.tag_values import ANY
from etl.settings import InfluxSettings
from tests.dashboards.grafana import Grafana
from tests.dashboards.test_queries import answer, queries
from tests.queries.samples import NASTY, STOP
from tests.queries.test_flaky import ago, flake

DAY = timedelta(days=1)

_Labels = tuple[tuple[str, str], ...]

RULES = {rule.name: rule for rule in rules()}
RUN = {"repository": "acme/rocket", "workflow": NASTY[2], "branch": "main", "event": "push", "attempt": "1"}


def attempts(days: float, conclusion: str, seconds: float, times: int = 1, **tags: str) -> list[Point]:
    return [
        Point(
            "workflow_run",
            RUN | {"conclusion": conclusion} | tags,
            {"run_id": int((1_000 - days) * 1_000) + number, "head_sha": f"{days}", "duration_s": seconds},
            ago(days),
        )
        for number in range(times)
    ]


def sync(hours: float, *, status: str = "ok", **fields: Any) -> Point:
    fields = {"requests": 1, "rejected": 0, "outbox": 9_000, "lag_s": 60.0} | fields
    return Point("etl", {"repository": "acme/rocket", "status": status}, fields, ago(hours / 24))


def finding(kind: Kind, *, days: float = 60, **others: Any) -> Point:
    """A finding of a job, sure and lasting unless `others` say otherwise."""
    job = Subject("acme/rocket", Level.JOB, NASTY[2], "unit")
    found = Finding(
        kind,
        job,
        int(ago(days) // NANOSECONDS),
        0.99,
        Effect(0.3, 0.2, 0.4),
        Commits("a1", "b2"),
        9,
        0.0,
        0.3,
    )
    return finding_point(replace(found, **others), 5.0)


SPREADING = finding(
    Kind.SPREADING,
    subject=Subject("acme/rocket", Level.FAILURE, ANY, suite="a" * 12, name="t $x ${1+1} {{ .x }}"),
)
ENDED = int(STOP.timestamp()) - 3_600
WELL = [
    finding(Kind.BROKEN, until=ENDED, repaired="c3"), finding(Kind.SLOWER, sure=False),
    finding(Kind.FLAKY, until=ENDED), finding(Kind.SPREADING, until=ENDED), finding(Kind.FASTER), finding(Kind.MORE_RELIABLE),
    *attempts(20, "success", 100, 30), *attempts(5, "success", 140, 30), *attempts(0.5, "success", 140, 9),
    *attempts(0.5, "failure", 140), *attempts(0.4, "success", 140),
    *attempts(0.3, "failure", 900, 20, branch="(pull request)"),
    *flake("old", 20, confirmed_at=int(STOP.timestamp()) - 20 * 86_400),
    *flake("old", 0.5, confirmed_at=int(STOP.timestamp()) - 40_000), sync(0.5),
]  # fmt: skip
ILL = [
    finding(Kind.BROKEN), finding(Kind.SLOWER), finding(Kind.FLAKY), SPREADING,
    *attempts(20, "success", 100, 30), *attempts(5, "success", 160, 30), *attempts(0.5, "failure", 160, 9),
    *flake("new", 0.5, confirmed_at=int(STOP.timestamp()) - 40_000), sync(2, rejected=1, lag_s=30_000.0, outbox=600_000),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
async def test_nothing_fires_while_all_is_well(
    rule: Rule, influx: InfluxStore, influx_settings: InfluxSettings
) -> None:
    await influx.write([encode(point) for point in WELL])
    assert await fires(rule, influx, influx_settings.bucket) == []


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES.values() if rule.name != "silent"], ids=lambda r: r.name
)
async def test_each_rule_fires(rule: Rule, influx: InfluxStore, influx_settings: InfluxSettings) -> None:
    await influx.write([encode(point) for point in ILL])
    (labels,) = await fires(rule, influx, influx_settings.bucket)
    assert labels["repository"] == "acme/rocket"
    if rule.page == "workflow":
        assert labels["workflow"] == NASTY[2]


@pytest.mark.parametrize("days", [MAX_SILENCE / DAY * 1.05, 8, 31, STOPPED_WITHIN.days - 1])
async def test_silence_fires_until_a_run_completes(
    days: float, influx: InfluxStore, influx_settings: InfluxSettings
) -> None:
    await influx.write([encode(point) for point in attempts(days, "success", 1)])
    assert await fires(RULES["silent"], influx, influx_settings.bucket) == [{"repository": "acme/rocket"}]
    await influx.write([encode(point) for point in attempts(0.1, "success", 1)])
    assert await fires(RULES["silent"], influx, influx_settings.bucket) == []


@pytest.mark.parametrize("days", [0.1, 8, 31, STOPPED_WITHIN.days - 1])
async def test_no_sync_fires_until_there_is_one(
    days: float, influx: InfluxStore, influx_settings: InfluxSettings
) -> None:
    await influx.write([encode(sync(days * 24))])
    assert await fires(RULES["no-sync"], influx, influx_settings.bucket) == [{"repository": "acme/rocket"}]
    await influx.write([encode(sync(0.5))])
    assert await fires(RULES["no-sync"], influx, influx_settings.bucket) == []


@pytest.mark.parametrize("kind", [Kind.BROKEN, Kind.SLOWER, Kind.FLAKY, Kind.SPREADING])
async def test_a_finding_fires_from_its_begin_until_its_end(
    kind: Kind, influx: InfluxStore, influx_settings: InfluxSettings
) -> None:
    await influx.write([encode(finding(kind))])
    assert len(await fires(RULES[kind], influx, influx_settings.bucket)) == 1
    await influx.write([encode(finding(kind, until=ENDED))])
    assert await fires(RULES[kind], influx, influx_settings.bucket) == []


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
async def test_without_data_nothing_errs(
    rule: Rule, influx: InfluxStore, influx_settings: InfluxSettings
) -> None:
    assert await fires(rule, influx, influx_settings.bucket) == []


async def fires(rule: Rule, influx: InfluxStore, bucket: str) -> list[dict[str, str]]:
    """Labels of what the rule fires for: Grafana's table of names and one number."""
    grafana = Grafana({}, bucket, STOP - rule.query.span, STOP, {})
    rows = await answer(influx, grafana.query(rule.query.flux))
    assert len({row["table"] for row in rows}) <= 1
    values = dict(_labelled(row) for row in rows)
    measured, operator, threshold = rule.condition.rsplit(" ", 2)
    assert measured == "$A"
    holds = {"<": lt, ">": gt, ">=": ge}[operator]
    return [dict(labels) for labels, value in values.items() if holds(value, float(threshold))]


def _labelled(row: dict[str, Any]) -> tuple[_Labels, float]:
    shown = {key: value for key, value in row.items() if key not in ("result", "table")}
    (number,) = [value for value in shown.values() if isinstance(value, float)]
    texts = {key: value for key, value in shown.items() if not isinstance(value, float)}
    assert all(isinstance(value, str | None) for value in texts.values())
    return tuple((key, value or "") for key, value in texts.items()), number


@pytest.mark.parametrize(
    ("last", "state"),
    [
        (sync(0.5), "ok"),
        (sync(3, rejected=5), "late"),
        (sync(8 * 24), "late"),
        (sync(0.5, rejected=5), "rejected"),
        (sync(0.5, lag_s=30_000.0), "behind"),
        (sync(0.5, outbox=600_000), "waiting"),
        (sync(0.5, status="error", rejected=5), "failed"),
    ],
)
async def test_the_state_of_the_etl_is_the_worst_that_is_known_of_it(
    last: Point, state: str, influx: InfluxStore, influx_settings: InfluxSettings
) -> None:
    (flux,) = [flux for title, flux in queries(page()) if title == "State of the ETL"]
    await influx.write([encode(point) for point in (sync(14 * 24 - 1, rejected=1), last)])
    shown = Grafana(
        {"repository": ["acme/rocket"]}, influx_settings.bucket, STOP - timedelta(days=14), STOP, {}
    )
    (row,) = await answer(influx, shown.query(flux))
    assert row["state"] == state
