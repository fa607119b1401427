"""Seeded random points of several repositories, with the worst names that tag values can hold."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from etl.transform.schema import NANOSECONDS, Point

STOP = datetime.now(UTC).replace(hour=13, minute=7, second=5, microsecond=0)
START = STOP - timedelta(days=6)
SPAN = {"start": START, "stop": STOP}

NASTY = (
    "plain",
    "\"quoted\" 'name'",
    "${1+1} ${string(v: 1)} $(x) %s {x}",
    r"a.*b|c(d)[e]+?^$",
    "📦 emoji ✓ ü",
    r"back\slash C:\dir\, and \= and \\twice",
    "# leading hash",
    "a,b=c d",
    "x" * 300,
    "  spaces  ",
    "'; DROP TABLE job; --",
)
REPOSITORIES = ("acme/rocket", "acme/rocket.js", "acme/other")
CONCLUSIONS = (
    "success",
    "success",
    "failure",
    "timed_out",
    "cancelled",
    "skipped",
    "startup_failure",
    "neutral",
)


def points(seed: int, count: int) -> list[Point]:
    """`count` points over the period and the one before, and around both; times are unique."""
    source = random.Random(seed)  # noqa: S311
    kinds = (_run, _job, _job, _failure, _flake, _sync)
    first = int((START - (STOP - START) - timedelta(days=1)).timestamp())
    last = int((STOP + timedelta(days=1)).timestamp())
    seconds = [source.randint(first, last) for _ in range(count)]
    return [source.choice(kinds)(source, s * NANOSECONDS + n) for n, s in enumerate(seconds)]


def _job_tags(source: random.Random) -> dict[str, str]:
    job = source.choice(NASTY)
    return {
        "repository": source.choice(REPOSITORIES),
        "workflow": source.choice(NASTY[:4]),
        "job": job,
        "job_group": job.split(" (", maxsplit=1)[0],
        "branch": source.choice(("main", "(other)", r"release/1.\d")),
    }


def _execution(source: random.Random) -> dict[str, str]:
    return {
        "event": "push",
        "attempt": str(source.randint(1, 3)),
        "conclusion": source.choice(CONCLUSIONS),
    }


def _seconds(source: random.Random, fields: dict[str, Any]) -> dict[str, Any]:
    for name in ("duration_s", "queued_s"):
        if source.random() < 0.8:
            fields[name] = round(source.uniform(0, 5000), source.choice((0, 0, 3)))
    return fields


def _run(source: random.Random, time: int) -> Point:
    tags = {k: v for k, v in _job_tags(source).items() if k not in ("job", "job_group")}
    return Point(
        "workflow_run",
        tags | _execution(source),
        _seconds(source, {"run_id": source.randint(1, 10**12)}),
        time,
    )


def _job(source: random.Random, time: int) -> Point:
    tags = _job_tags(source) | _execution(source) | {"runner": "linux,x64"}
    return Point("job", tags, _seconds(source, {"job_id": source.randint(1, 10**12)}), time)


def _failure(source: random.Random, time: int) -> Point:
    signature = f"{source.randint(1, 5):012x}"
    tags = _job_tags(source) | {"source": "annotation", "signature": signature}
    fields: dict[str, Any] = {
        "message": f'line one\n"line" two \\n ${{1+1}} {source.randint(0, 99)}, 1=2 \\',
        "template": f"template {signature}\nof <n>",
        "job_id": source.randint(1, 10**12),
        "run_id": source.randint(1, 10**12),
    }
    if source.random() < 0.5:
        fields["test"] = source.choice(NASTY)
    return Point("failure", tags, fields, time)


def _flake(source: random.Random, time: int) -> Point:
    tags = _job_tags(source) | {"level": "job", "evidence": source.choice(("rerun", "same_sha"))}
    fields: dict[str, Any] = {"failed_job_id": source.randint(1, 10**12)}
    if source.random() < 0.5:
        tags |= {"level": "test", "suite": source.choice(NASTY), "test": source.choice(NASTY)}
    else:
        fields["wasted_s"] = float(source.randint(1, 1000))
    return Point("flake", tags, fields, time)


def _sync(source: random.Random, time: int) -> Point:
    fields: dict[str, Any] = {
        name: source.randint(0, 999) for name in ("requests", "runs", "points", "rejected")
    }
    if source.random() < 0.5:
        fields |= {"lag_s": source.uniform(0, 99), "rate_limit_remaining": source.randint(0, 5000)}
    return Point(
        "etl",
        {"repository": source.choice(REPOSITORIES), "status": source.choice(("ok", "error"))},
        fields,
        time,
    )
