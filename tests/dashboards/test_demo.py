"""Every query of the dashboards and alert rules, asked of InfluxDB with the demo's history in it.

What a panel shows is held against the embedded store's answer to the panel's question.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from dashboards.__main__ import PAGES
from dashboards.alerts import Rule, rules
from dashboards.flux import CHOSEN
from dashboards.variables import ALL as ALL_VALUE
from etl.load.duckdb import DuckStore
from etl.load.influxdb import InfluxStore
from etl.model.points import NANOSECONDS
from tests.dashboards.grafana import ALL, Grafana, Value
from tests.dashboards.steps import Asked, Rows
from tests.dashboards.test_queries import FIXED, PAGE, answer, queries
from tests.played import Played

EVERYTHING: dict[str, Value] = {**{name: [ALL] for name in CHOSEN}, **FIXED}
# A job that flaked, and its test that flaked most: on a branch that breaks, of reports, or one that ended in
# every way, as the dashboard has panels of such.
ONE = """
    SELECT repository, workflow, job, branch, test FROM flake
    WHERE level = 'test' AND time >= $start AND {where}
        AND (workflow, job, branch) IN (SELECT (workflow, job, branch) FROM flake WHERE level = 'job' AND time >= $start)
    GROUP BY ALL ORDER BY count(*) DESC, workflow, job, branch, test LIMIT 1
"""
REPORTED = "(job, suite, test) IN (SELECT (job, suite, test) FROM test WHERE outcome = 'passed')"
BREAKS = "branch = 'main'"
ENDS_IN_EVERY_WAY = """
    (job, branch, suite, test) IN (
        SELECT (job, branch, suite, test) FROM test WHERE time >= $start
        GROUP BY ALL HAVING count(DISTINCT outcome) = 3
    )
"""
WANTED = {"overview": BREAKS, "workflow": BREAKS, "test": ENDS_IN_EVERY_WAY}
Embedded = Callable[[str, Mapping[str, Any]], Awaitable[Rows]]

MAY_BE_EMPTY = ("Broken now A", "Repaired A")
# Nothing is said of most jobs, and the demo's history ends with nothing broken.
MAY_BE_EMPTY_OF_ONE = (
    *MAY_BE_EMPTY,
    "What to do first A",
    "What got worse A",
    "What got better A",
    "Newly flaky A",
)
RULES_WITHOUT_ALERT = ("broken", "spreading")
CHANGES = "Against the period of the same length before A"
# What each change is of, and its units: what one of each is in the answer's own.
COMPARED: dict[str, tuple[str, dict[str, float]]] = {
    "runs": ("runs", {" %": 0.01}),
    "run_success": ("run_success_rate", {" pp": 0.01}),
    "job_success": ("job_success_rate", {" pp": 0.01}),
    "p50": ("p50_s", {" %": 0.01}),
    "p95": ("p95_s", {" %": 0.01}),
    "wait": ("queued_p50_s", {" %": 0.01}),
    "minutes": ("minutes", {" min": 1, " h": 60}),
    "wasted": ("wasted_minutes", {" min": 1, " h": 60}),
    "flaky_tests": ("flaky_tests", {"": 1}),
    "flaky_jobs": ("flaky_jobs", {"": 1}),
}


@pytest.fixture
def one(played: Played, page: Any) -> dict[str, str]:
    """One value of each variable."""
    asked = ONE.format(where=WANTED.get(page.name, REPORTED))
    (found,) = played.rows(asked, {"start": int(played.middle.timestamp()) * NANOSECONDS})
    return found


@pytest.fixture(scope="module")
def known() -> dict[str, Rows]:
    """Answers of the embedded store: panels share questions."""
    return {}


@pytest.fixture
def embedded(played_duck: DuckStore, known: dict[str, Rows]) -> Embedded:
    """The embedded store's answer to a question."""

    async def ask(name: str, parameters: Mapping[str, Any]) -> Rows:
        key = f"{name} {sorted(parameters.items())}"
        if key not in known:
            known[key] = await played_duck.query(name, parameters)
        return known[key]

    return ask


def opened(played: Played, values: Mapping[str, Value]) -> Grafana:
    every = dict.fromkeys(CHOSEN, ALL_VALUE)
    return Grafana(values, played.settings.bucket, played.middle, played.now, every)


async def variables(page: Any, grafana: Grafana, influx: InfluxStore) -> dict[str, list[str]]:
    """What each variable of a dashboard offers."""
    return {
        name: [row["_value"] for row in await answer(influx, grafana.query(flux))]
        for name, flux in queries(page)
        if name in (*CHOSEN, "test")
    }


@PAGE
async def test_variables_offer_what_the_history_has(
    page: Any, one: dict[str, str], played: Played, played_influx: InfluxStore
) -> None:
    for values in (EVERYTHING, EVERYTHING | one):
        offered = await variables(page, opened(played, values), played_influx)
        assert all(one[name] in found for name, found in offered.items())


@PAGE
@pytest.mark.parametrize(
    "choice", ["one", *(pytest.param(name, marks=pytest.mark.thorough) for name in ("all", "several"))]
)
async def test_panels_show_what_the_embedded_store_answers(
    page: Any,
    choice: str,
    one: dict[str, str],
    played: Played,
    played_influx: InfluxStore,
    embedded: Embedded,
) -> None:
    single = one if choice == "one" else {"test": one["test"]}
    values = EVERYTHING | single
    if choice == "several":
        # Each of the values that there are: the same as All.
        offered = await variables(page, opened(played, EVERYTHING), played_influx)
        values |= {name: found for name, found in offered.items() if name != "test"}
    grafana = opened(played, values)
    span = {"start": played.middle, "stop": played.now}
    asked = panels(page)
    answers = await asyncio.gather(*(answer(played_influx, grafana.query(flux)) for flux in asked.values()))
    for (panel, flux), rows in zip(asked.items(), answers, strict=True):
        assert rows or panel[1] in (MAY_BE_EMPTY_OF_ONE if choice == "one" else MAY_BE_EMPTY), panel
        if panel[1] == CHANGES:
            await changes_hold(rows, span | Asked(flux).parameters(single), embedded)
        else:
            await holds(Asked(flux), rows, single, span, embedded)


async def test_a_period_without_one_before_is_no_change(played: Played, played_influx: InfluxStore) -> None:
    """Grafana's 30 days of a history of 28: a change is of nothing, and the panel says so."""
    pages: list[Any] = [page().model() for page in PAGES]
    compared = [
        (panel, target.query)
        for made in pages
        for panel in made.panels
        for target in panel.targets
        if f"{panel.title} {target.ref_id}" == CHANGES
    ]
    assert compared
    every = dict.fromkeys(CHOSEN, ALL_VALUE)
    start = played.now - timedelta(days=30)
    grafana = Grafana(EVERYTHING, played.settings.bucket, start, played.now, every)
    for panel, flux in compared:
        assert await answer(played_influx, grafana.query(flux)) == []
        assert panel.field_config.defaults.no_value.startswith(
            "Nothing to compare with: no run completed in the period before. Choose a shorter time range."
        )


async def holds(
    asked: Asked, rows: Rows, values: Mapping[str, str], span: Mapping[str, datetime], embedded: Embedded
) -> None:
    """The rows are those that the question's answer leaves, up to the limit."""
    answered = await embedded(asked.question.name, {**span, **asked.parameters(values)})
    expected, found = asked.shown(asked.left(answered, values)), asked.found(rows)
    assert found - expected == Counter()
    assert found.total() == min(expected.total(), asked.most or expected.total())


async def changes_hold(rows: Rows, parameters: dict[str, Any], embedded: Embedded) -> None:
    """The figures that the overview makes of its question's own."""
    (found,), (answered,) = rows, await embedded("overview", parameters)
    for name, (column, units) in COMPARED.items():
        now, before = answered[column], answered[f"{column}_before"]
        change = now / before - 1 if " %" in units else now - before
        sign, number, unit = re.fullmatch(r"([+-]?)([\d.]+)(.*)", found[name]).groups()  # type: ignore[union-attr]
        assert float(number) * units[unit] == pytest.approx(abs(change), abs=0.051 * units[unit]), name
        assert sign == ("" if float(number) == 0 else "+" if change > 0 else "-"), name


def panels(page: Any) -> dict[tuple[str, str], str]:
    """What a dashboard's panels ask: page and title (numbered, where one asks several times) → Flux."""
    return {
        (made.uid, f"{panel.title} {target.ref_id}"): target.query
        for made in [page.model()]
        for panel in made.panels
        for target in panel.targets
    }


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
async def test_rules_answer_as_the_embedded_store(
    rule: Rule, played: Played, played_influx: InfluxStore, embedded: Embedded
) -> None:
    query, rows = rule.query, list[dict[str, Any]]()
    for days in range(27):
        # What is new, spreads or is pushed often, is so on some days: back to the last of them.
        stop = played.now - timedelta(days=days)
        span = {"start": stop - query.span, "stop": stop}
        grafana = Grafana({}, played.settings.bucket, span["start"], stop, {})
        rows = await answer(played_influx, grafana.query(query.flux))
        await holds(Asked(query.flux), rows, {}, span, embedded)
        if rows:
            break
    assert rows or rule.name in RULES_WITHOUT_ALERT
