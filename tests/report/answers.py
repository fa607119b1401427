"""Answers as a store gives them, with the worst names that CI can send."""

from datetime import UTC, datetime, timedelta
from typing import Any

from etl.queries import QUESTIONS, Type
from etl.report.view import Period

PERIOD = Period(datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 31, tzinfo=UTC))
GENERATED_AT = datetime(2026, 5, 31, 8, 1, tzinfo=UTC)
HOSTILE = "[bold]x[/bold] \x1b[31mred\x1b]0;title\x07 <script>alert(1)</script> \u202eevil\x9b\x00'\"&"

OVERVIEW: dict[str, Any] = {
    "runs": 412, "runs_before": 390,
    "jobs": 5120, "jobs_before": 5003,
    "run_success_rate": 0.871234567, "run_success_rate_before": 0.9,
    "job_success_rate": 0.962, "job_success_rate_before": 0.951,
    "p50_s": 612.0, "p50_s_before": 641.5,
    "p95_s": 3725.0, "p95_s_before": 1805.0,
    "queued_p50_s": 4.2, "queued_p50_s_before": None,
    "minutes": 48210.4, "minutes_before": 50111.0,
    "wasted_minutes": 96.5, "wasted_minutes_before": 120.0,
    "flaky_tests": 7, "flaky_tests_before": 5,
    "flaky_jobs": 0, "flaky_jobs_before": 0,
}  # fmt: skip


def workflow(name: str, success: int, total: int, **others: Any) -> dict[str, Any]:
    return {
        "repository": "acme/rocket", "workflow": name, "success": success, "total": total,
        "success_rate": success / total if total else None, "job_success_rate": 0.97,
        "p50_s": 400.0, "p95_s": 912.5, "queued_p50_s": 3.0, "minutes": 1234.5, **others,
    }  # fmt: skip


def job(name: str, success: int, total: int, **others: Any) -> dict[str, Any]:
    row = workflow("CI", success, total, job=name, job_group=name.split(" (", maxsplit=1)[0], **others)
    del row["job_success_rate"]
    return row


def failure(template: str, count: int, **others: Any) -> dict[str, Any]:
    return {
        "repository": "acme/rocket", "signature": f"{abs(hash(template)):012x}"[:12], "template": template,
        "count": count, "share": count / 100, "jobs": 3, "tests": 0,
        "first_seen": "2026-05-02T10:00:00.123456789Z", "last_seen": datetime(2026, 5, 30, 9, 30, tzinfo=UTC),
        "message": template.replace("<n>", "42"), "url": "https://github.com/acme/rocket/actions/runs/1/job/2",
        **others,
    }  # fmt: skip


def failing(name: str, failures: int, runs: int, **others: Any) -> dict[str, Any]:
    return {
        "repository": "acme/rocket", "workflow": "CI", "job": "unit", "suite": "io.acme.OrbitTest",
        "test": name, "runs": runs, "failures": failures, "failures_before": 0, "failure_rate": failures / runs,
        "mean_s": 1.25, "last_failure": "2026-05-30T09:30:00Z", "state": "failing", **others,
    }  # fmt: skip


def slow(level: str, name: str, minutes: float, **others: Any) -> dict[str, Any]:
    return {
        "repository": "acme/rocket", "level": level, "workflow": "CI", "job": "unit", "name": name,
        "p50_s": 61.0, "p95_s": 245.5, "p95_s_before": None, "minutes": minutes, **others,
    }  # fmt: skip


def broken(workflow_name: str, job_name: str | None, hours: float | None, **others: Any) -> dict[str, Any]:
    """A break of a workflow or job that lasts for so many hours, or is repaired."""
    red = hours is not None
    return {
        "repository": "acme/rocket", "level": "job" if job_name else "workflow", "workflow": workflow_name,
        "job": job_name, "suite": None, "test": None, "branch": "main", "since": "2026-05-29T08:00:00Z",
        "until": None if red else "2026-05-29T15:30:00Z", "last_good_sha": "0123456789abcdef",
        "first_bad_sha": "fedcba9876543210", "between": None, "repaired_sha": None if red else "00aa" * 10,
        "hours": hours, "hours_to_repair": None if red else 7.5, "mean_hours_to_repair": None,
        "evidence": 9, "probability": 0.999, "url": None, **others,
    }  # fmt: skip


def flaky(name: str | None, flakes: int, runs: int, **others: Any) -> dict[str, Any]:
    known = flakes <= runs
    return {
        "repository": "acme/rocket", "level": "test" if name else "job", "workflow": "CI", "job": "unit",
        "suite": "io.acme.OrbitTest" if name else None, "test": name, "evidence": "proven", "probability": 1.0,
        "flakes": flakes, "runs": runs, "flake_rate": flakes / runs if known else None,
        "rate_low": flakes / runs / 2 if known else None, "rate_high": 1.0 if known else None, "score": flakes / runs / 2 if known else None,
        "commits": 2, "state": "flaky", "first_seen": "2026-05-02T10:00:00Z",
        "last_seen": "2026-05-30T09:30:00Z", "wasted_minutes": None if name else 12.5,
        "message": "Timeout after 42s", "failed_url": None, "passed_url": None, **others,
    }  # fmt: skip


def days(workflow_name: str, count: int = 30) -> list[dict[str, Any]]:
    start = datetime(2026, 5, 1, tzinfo=UTC)
    totals = [(20 + index % 7, 15 + (index * 5) % 6) for index in range(count)]
    return [
        {
            "time": start + timedelta(days=index), "repository": "acme/rocket", "workflow": workflow_name,
            "success": success, "total": total, "success_rate": success / total,
            "p50_s": 300.0 + 40 * (index % 5),
            "p95_s": 700.0 + 90 * (index % 4),
        }
        for index, (total, success) in enumerate(totals)
    ]  # fmt: skip


def finding(kind: str, cost_minutes: float, **others: Any) -> dict[str, Any]:
    """A finding that lasts, of a job unless `others` say otherwise."""
    name = others.get("name")
    return {
        "repository": "acme/rocket", "kind": kind, "level": "test" if name else "job", "workflow": "CI",
        "job": "unit", "suite": "io.acme.OrbitTest" if name else None, "name": None, "branch": None,
        "since": "2026-05-29T08:00:00Z", "until": None, "since_sha": "fedcba9876543210",
        "last_before_sha": "0123456789abcdef", "between": None,
        "url": "https://github.com/acme/rocket/compare/a...b", "probability": 0.99, "size": 0.25, "low": 0.2,
        "high": 0.3, "level_before": 356.0, "level_after": 510.0, "evidence": 13, "proven": 10, "sure": 1,
        "cost_minutes": cost_minutes, "repaired_sha": None, "hours": None, **others,
    }  # fmt: skip


def execution(
    commit: int, conclusion: str = "success", job_name: str = "unit", **others: Any
) -> dict[str, Any]:
    """An execution of a job on a numbered commit, an hour after the one before; its run and job have ids."""
    run_id, job_id = others.pop("run_id", 9_000 + commit), others.pop("job_id", None)
    job_id = job_id or 100_000 + commit * 100 + len(job_name)
    moment = PERIOD.start + timedelta(hours=commit, seconds=len(job_name) + 60 * others.get("attempt", 1))
    return {
        "time": moment, "repository": "acme/rocket", "workflow": "CI", "job": job_name,
        "job_group": job_name.split(" (", maxsplit=1)[0], "branch": "main", "attempt": 1,
        "conclusion": conclusion, "job_id": job_id, "run_id": run_id, "head_sha": f"{commit:010x}" + "0" * 30,
        "url": f"https://github.com/acme/rocket/actions/runs/{run_id}/job/{job_id}", **others,
    }  # fmt: skip


def result(of: dict[str, Any], outcome: str, test: str = "test_decays", **others: Any) -> dict[str, Any]:
    """A test's result in an execution."""
    kept = ("time", "repository", "workflow", "job", "branch", "job_id")
    return {
        **{key: of[key] for key in kept},
        "suite": "OrbitTest",
        "test": test,
        "outcome": outcome,
        **others,
    }


def anything(question: str) -> list[dict[str, Any]]:
    """Two rows of any question: the worst that its columns can hold, and as little as they can."""
    most = {
        Type.TEXT: HOSTILE, Type.OPTIONAL: HOSTILE, Type.COUNT: 12_345, Type.INTEGER: 12_345,
        Type.NUMBER: 123.456, Type.MEASURED: 0.25, Type.TIME: "2026-05-30T09:30:00Z",
    }  # fmt: skip
    columns = QUESTIONS[question].columns
    return [{c.name: most[c.type] for c in columns}, {c.name: c.normalised(None) for c in columns}]


ANSWERS: dict[str, list[dict[str, Any]]] = {name: anything(name) for name in QUESTIONS} | {
    "findings": [
        finding("slower", 224.4, job="build", size=0.43),
        finding("less reliable", 19.5, job=HOSTILE, size=-0.05, level_before=0.95, level_after=0.9),
        finding("flaky", 4.0, name=HOSTILE, size=0.04, level_before=0.0, level_after=0.04),
        finding("broken", 3.0, job="deploy", size=1.0, until="2026-05-30T08:00:00Z"),
    ],
    "worse": [finding("slower", 224.4, job="build", size=0.43), finding("less reliable", 19.5, job=HOSTILE)],
    "better": [
        finding("faster", 9.0, job=HOSTILE),
        finding("more reliable", 3.0, level="workflow", job=None),
    ],
    "newly_flaky": [finding("flaky", 4.0, name=HOSTILE, size=0.04, level_after=0.04)],
    "overview": [OVERVIEW],
    "workflows": [workflow("Release", 9, 9), workflow("CI", 340, 400), workflow(HOSTILE, 1, 3)],
    "jobs": [
        job("unit (ubuntu-24.04, 3.12)", 380, 400),
        job("integration (kind, v1.31.2, a-very-long-matrix-value-that-never-seems-to-end, arm64)", 310, 400),
        job(HOSTILE, 2, 3),
        job("deploy", 0, 0),
    ],
    "tests": [
        failing("test_decays[orbit-3-a-very-long-parameter-that-never-seems-to-end-at-all]", 3, 400),
        failing(HOSTILE, 2, 2, state="broken", mean_s=None),
    ],
    "flaky": [
        flaky("test_decays", 30, 100),
        flaky(None, 4, 90),
        flaky(HOSTILE, 2, 0, message=HOSTILE, state="quiet"),
        flaky("test_drifts", 6, 200, evidence="suspected", probability=0.97),
    ],
    "slow": [
        slow("job", "unit", 4210.5, p95_s_before=200.0),
        slow("test", "io.acme.OrbitTest::test_decays", 12.25),
        slow("step", HOSTILE, 1.5),
    ],
    "broken": [
        broken("CI", None, 51.5),
        broken("CI", HOSTILE, 2.25, last_good_sha=None),
        broken("Docs", "site", None, mean_hours_to_repair=7.5),
    ],
    "failures": [
        failure("Timeout after <n>s waiting for pod <name>\nkubectl describe pod said nothing", 31),
        failure(HOSTILE, 12, url="javascript:alert(1)"),
    ],
    "latest_executions": [
        *(execution(commit, "failure" if commit == 3 else "success") for commit in range(6)),
        execution(3, "success", attempt=2, job_id=7),
        execution(4, "failure", "lint"),
        execution(5, "cancelled", "lint"),
        execution(5, "timed_out", HOSTILE),
    ],
    "latest_results": [result(execution(3, "failure"), "failed"), result(execution(4), "passed", HOSTILE)],
    "success_over_time": [*days("CI"), *days("Release", 12)],
}
