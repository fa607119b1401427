"""Figures of CI: from points through the real questions to the lines that Prometheus reads."""

import re
from pathlib import Path
from typing import Any

import pytest

from etl.errors import RetriableError
from etl.http.ci_metrics import figures
from etl.http.metric_definitions import OTHER
from etl.model.writes import Row
from etl.queries.catalogue import BOUNDS
from etl.settings import HttpSettings
from tests.http.serving import Served, served, until
from tests.pipeline.world import HOUR, NAME, NOON, World, attempt, job, run, simulated

_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")


def samples(text: str) -> dict[tuple[str, str], float]:
    """Values by metric and by its labels, as `b="x",a="y"` in order of their names."""
    found = {}
    for line in text.splitlines():
        match = _SAMPLE.match(line)
        if match:
            labels = ",".join(sorted(re.findall(r'\w+="(?:[^"\\]|\\.)*"', match[2] or "")))
            found[match[1], labels] = float(match[3])
    return found


async def scraped(service: Served) -> dict[tuple[str, str], float]:
    answer = await service.get("/metrics")
    assert answer.status == 200
    return samples(answer.text)


def busy(world: World) -> None:
    """Three runs an hour apart: one fails and passes when it is repeated."""
    for hours, ends in ((3, ["success"]), (2, ["failure", "success"]), (1, ["success"])):
        created = NOON - hours * HOUR
        attempts = [
            attempt(
                created + 600 * index,
                job("unit (3.12)", created + 600 * index + 20, 40, conclusion),
                job("unit (3.13)", created + 600 * index + 10, 100 + index),
            )
            for index, conclusion in enumerate(ends)
        ]
        world.add(run(created, *attempts))


async def test_figures_are_what_the_points_say(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        busy(world)
        await world.sync_well()
        async with served(world) as service:
            await service.until_figures()
            found = await scraped(service)
    workflow = f'repository="{NAME}",workflow="CI"'
    group = f'job_group="unit",repository="{NAME}",workflow="CI"'
    assert found["ci_health_workflow_success_ratio", workflow] == 0.75
    assert found["ci_health_workflow_attempts", workflow] == 4
    assert found["ci_health_job_executions", group] == 8
    assert found["ci_health_job_success_ratio", group] == 7 / 8
    assert found["ci_health_flaky_jobs", group] == 1
    assert found["ci_health_flaky_tests", group] == 0
    assert found["ci_health_flaky_wasted_seconds", group] == pytest.approx(40, abs=0.001)
    counts = {
        bound: found["ci_health_job_duration_seconds_bucket", f'{group[:16]},le="{bound}",{group[17:]}']
        for bound in ("30", "60", "120", "+Inf")
    }
    assert counts == {"30": 0, "60": 4, "120": 8, "+Inf": 8}
    assert found["ci_health_job_duration_seconds_count", group] == 8
    assert found["ci_health_job_duration_seconds_sum", group] == 4 * 40 + 3 * 100 + 101
    asked = {labels for name, labels in found if name == "ci_health_figures_timestamp_seconds"}
    assert asked == {f'question="{name}"' for name in ("broken", "durations", "flaky", "jobs", "workflows")}


async def test_histograms_count_since_the_month_began(tmp_path: Path) -> None:
    """It is the second of March: what ended in February is in the ratio, and in no histogram."""
    async with simulated(tmp_path) as world:
        for created in (NOON - 3 * 24 * HOUR, NOON - 36 * HOUR, NOON - HOUR):
            world.add(run(created, attempt(created, job("unit", created + 5))))
        await world.sync_well(since="5d")
        async with served(world) as service:
            await service.until_figures()
            found = await scraped(service)
    group = f'job_group="unit",repository="{NAME}",workflow="CI"'
    assert found["ci_health_job_executions", group] == 3
    assert found["ci_health_job_duration_seconds_count", group] == 2


def row(workflow: str, total: int, success: int, group: str | None = None) -> Row:
    named = {"job": group, "job_group": group} if group else {}
    return {"repository": NAME, "workflow": workflow, "total": total, "success": success, **named}


def histogram(workflow: str, count: int, group: str | None = None) -> Row:
    bounds = {f"le_{bound}": count for bound in BOUNDS}
    return {
        "repository": NAME, "workflow": workflow, "job_group": group, "measure": "queued", "count": count,
        "sum_s": 2.0 * count, **bounds,
    }  # fmt: skip


def told(answers: dict[str, list[Row]], most: int) -> dict[tuple[Any, ...], float]:
    everything: dict[str, list[Row]] = {
        name: [] for name in ("workflows", "jobs", "flaky", "broken", "durations")
    } | answers
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in figures(everything, most=most).families(BOUNDS)
        for sample in family.samples
    }


def test_all_but_the_busiest_are_counted_together() -> None:
    rows = [row(f"w{number}", total=10 + number, success=number) for number in range(5)]
    durations = [histogram(f"w{number}", 10 + number) for number in range(5)]
    found = told({"workflows": rows, "durations": durations}, most=2)
    shown = {key[2] for key in found if key[0] == "ci_health_workflow_attempts"}
    assert shown == {"w4", "w3", OTHER}
    assert found["ci_health_workflow_attempts", OTHER, OTHER] == 10 + 11 + 12
    assert found["ci_health_workflow_success_ratio", OTHER, OTHER] == 3 / 33
    assert found["ci_health_workflow_queue_seconds_count", OTHER, OTHER] == 33
    assert found["ci_health_workflow_queue_seconds_sum", OTHER, OTHER] == 66
    assert found["ci_health_series_combined", "workflow"] == 3
    assert found["ci_health_series_combined", "job_group"] == 0


def test_a_ratio_of_nothing_is_absent_and_a_histogram_of_nothing_is_zero() -> None:
    found = told({"workflows": [row("idle", 0, 0)], "jobs": [row("idle", 0, 0, "unit")]}, most=5)
    assert ("ci_health_workflow_success_ratio", NAME, "idle") not in found
    assert found["ci_health_job_duration_seconds_count", NAME, "idle", "unit"] == 0
    assert found["ci_health_flaky_tests", NAME, "idle", "unit"] == 0


def test_proven_and_suspected_flakes_are_counted_apart() -> None:
    unit: Row = {"repository": NAME, "workflow": "CI", "job_group": "unit", "wasted_minutes": None}
    rows = [
        {**unit, "level": level, "evidence": evidence, "state": state}
        for level, evidence, state in (
            ("test", "proven", "flaky"), ("test", "suspected", "flaky"), ("test", "suspected", "flaky"),
            ("test", "suspected", "quiet"), ("job", "suspected", "flaky"),
        )
    ]  # fmt: skip
    found = told({"jobs": [row("CI", 9, 9, "unit")], "flaky": rows}, most=5)
    counts = {
        name: found[f"ci_health_{name}", NAME, "CI", "unit"]
        for name in ("flaky_tests", "suspected_tests", "flaky_jobs", "suspected_jobs")
    }
    assert counts == {"flaky_tests": 1, "suspected_tests": 2, "flaky_jobs": 0, "suspected_jobs": 1}


@pytest.mark.parametrize(
    ("job_name", "hours", "seconds"), [(None, 2.5, 9_000), (None, None, None), ("unit", 2.5, None)]
)
def test_what_is_broken_now_tells_for_how_long(
    job_name: str | None, hours: float | None, seconds: float | None
) -> None:
    broken = {"repository": NAME, "workflow": "CI", "job": job_name, "branch": "main", "hours": hours}
    found = told({"workflows": [row("CI", 3, 1)], "broken": [broken]}, most=5)
    assert found.get(("ci_health_workflow_broken_seconds", NAME, "CI", "main")) == seconds


def test_branches_that_are_broken_are_bounded() -> None:
    broken = [
        {"repository": NAME, "workflow": "CI", "job": None, "branch": f"b{number}", "hours": float(number)}
        for number in range(20)
    ]
    found = told({"workflows": [row("CI", 3, 1)], "broken": broken}, most=2)
    series = {key: value for key, value in found.items() if key[0] == "ci_health_workflow_broken_seconds"}
    assert series == {
        ("ci_health_workflow_broken_seconds", NAME, "CI", branch): hours * HOUR
        for branch, hours in (("b19", 19), ("b18", 18), (OTHER, 17))
    }
    assert found["ci_health_series_combined", "branch"] == 18


async def test_what_is_combined_is_said_once_in_the_log_and_in_check(tmp_path: Path) -> None:
    def combined(service: Served) -> list[dict[str, Any]]:
        return [entry for entry in service.logs if "count as `other`" in entry["event"]]

    async with simulated(tmp_path) as world:
        names = [f"job {letter}" for letter in "abcd"]
        world.add(run(NOON - HOUR, attempt(NOON - HOUR, *(job(name, NOON - HOUR + 5) for name in names))))
        await world.sync_well()
        few, many = {"series": 3, "refresh": "1s"}, {"series": 4}
        async with served(world, http=few) as service:
            await until(lambda: sum(entry["event"] == "figures" for entry in service.logs) >= 3)
            found = await scraped(service)
            (said,) = combined(service)
        assert (said["series"], said["job_group_combined"], said["workflow_combined"]) == (3, 1, 0)
        assert found["ci_health_series_combined", 'of="job_group"'] == 1
        async with served(world, http=many) as service:
            await service.until_figures()
            assert combined(service) == []
        for http, good, more in (
            (few, None, "; 1 of them are combined as `other`: set http.series to 4 or more"),
            (many, True, ""),
        ):
            (finding,) = [one for one in await world.findings(http=http) if one.subject == "metrics"]
            assert (finding.good, finding.text) == (good, "workflows: 1, groups of jobs: 4" + more)
        findings = await world.findings(http={"enabled": False})
        assert "metrics" not in {finding.subject for finding in findings}


def test_by_default_a_hundred_repositories_fit() -> None:
    """Each with as many workflows and job groups as linkerd has (docs/scale.md)."""
    names = [f"acme/r{number}" for number in range(100)]
    workflows = [row(f"w{place}", 1, 1) | {"repository": name} for name in names for place in range(5)]
    jobs = [row("w0", 1, 1, f"j{place}") | {"repository": name} for name in names for place in range(23)]
    found = told({"workflows": workflows, "jobs": jobs}, most=HttpSettings().series)
    assert {value for key, value in found.items() if key[0] == "ci_health_series_combined"} == {0}


async def test_names_of_any_content_break_no_line(tmp_path: Path) -> None:
    nasty = 'a "quoted" \\ name\nci_health_store_up 7'
    async with simulated(tmp_path) as world:
        world.add(run(NOON - HOUR, attempt(NOON - HOUR, job(nasty, NOON - HOUR + 5))))
        await world.sync_well()
        async with served(world) as service:
            await service.until_figures()
            found = await scraped(service)
    assert found["ci_health_store_up", ""] == 1
    assert [key for key in found if key[0] == "ci_health_job_executions"] != []


@pytest.mark.parametrize("error", [RetriableError("the store is busy"), ValueError("a defect")])
async def test_a_question_that_is_not_answered_costs_its_own_figures_alone(
    tmp_path: Path, error: Exception
) -> None:
    async with simulated(tmp_path) as world:
        busy(world)
        await world.sync_well()
        async with served(world, http={"refresh": "1s"}) as service:
            await service.until_figures()
            query = service.pipeline.store.query

            async def failing(name: str, parameters: Any) -> list[Row]:
                if name == "jobs":
                    raise error
                return await query(name, parameters)

            service.pipeline.store.query = failing  # type: ignore[method-assign]
            world.clock.advance(10)
            await until(
                lambda: any(e["event"].startswith("CI metrics are not renewed") for e in service.logs)
            )
            renewed = sum(e["event"] == "figures" for e in service.logs)
            await until(lambda: sum(e["event"] == "figures" for e in service.logs) >= renewed + 2)
            found = await scraped(service)
            told = [e for e in service.logs if e["event"].startswith("CI metrics are not renewed")]
    assert [entry["question"] for entry in told] == ["jobs"]
    assert str(error) in told[0]["reason"]
    assert found["ci_health_figures_timestamp_seconds", 'question="jobs"'] == NOON
    assert found["ci_health_figures_timestamp_seconds", 'question="workflows"'] == NOON + 10
    assert found["ci_health_job_executions", f'job_group="unit",repository="{NAME}",workflow="CI"'] == 8
