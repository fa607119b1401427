"""Seeded random points of several repositories, with the worst names that tag values can hold."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from etl.model.points import NANOSECONDS, Point

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
KINDS = (
    "flaky",
    "broken",
    "slower",
    "faster",
    "waits longer",
    "waits less",
    "less reliable",
    "more reliable",
    "spreading",
)
OUTCOMES = ("passed", "passed", "failed", "error", "skipped")


def points(seed: int, count: int) -> list[Point]:
    """`count` points over the period and the one before, and around both; times are unique."""
    source = random.Random(seed)  # noqa: S311
    kinds = (_run, _job, _job, _step, _failure, _flake, _finding, _sync, _test, _test, _test_report)
    first = int((START - (STOP - START) - timedelta(days=1)).timestamp())
    last = int((STOP + timedelta(days=1)).timestamp())
    seconds = [source.randint(first, last) for _ in range(count)]
    made = [source.choice(kinds)(source, s * NANOSECONDS + n) for n, s in enumerate(seconds)]
    return made + [_of_another_kind(point) for point in made[::3] if point.measurement == "flake"]


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
        _seconds(source, _of_a_run(source)),
        time,
    )


def _job(source: random.Random, time: int) -> Point:
    tags = _job_tags(source) | _execution(source) | {"runner": source.choice(("linux,x64", NASTY[2]))}
    fields = {"job_id": time % NANOSECONDS}
    return Point("job", tags, _seconds(source, fields | _of_a_run(source)), time)


def _of_a_run(source: random.Random) -> dict[str, Any]:
    """One of few runs, so that each has several attempts."""
    run = source.randint(1, 60)
    return {"run_id": run if run % 4 else -run} | (
        {"head_sha": f"{run:040x}"} if source.random() < 0.9 else {}
    )


def _step(source: random.Random, time: int) -> Point:
    tags = _job_tags(source) | {"step": source.choice(NASTY), "conclusion": source.choice(CONCLUSIONS)}
    fields: dict[str, Any] = {"job_id": source.randint(1, 10**12)}
    if source.random() < 0.8:
        fields["duration_s"] = round(source.uniform(0, 900), 3)
    return Point("step", tags, fields, time)


def _failure(source: random.Random, time: int) -> Point:
    signature = f"{source.randint(1, 5):012x}"
    tags = _job_tags(source) | {"source": "annotation", "signature": signature}
    tags |= {"category": source.choice(("test", "network", "unknown"))}
    fields: dict[str, Any] = {
        "message": f'line one\n"line" two \\n ${{1+1}} {source.randint(0, 99)}, 1=2 \\',
        "template": f"template {signature}\nof <n>",
        "job_id": source.randint(1, 10**12),
        "run_id": source.choice((1, 1, -1)) * source.randint(1, 10**12),
    }
    if source.random() < 0.5:
        fields["test"] = source.choice(NASTY)
    return Point("failure", tags, fields, time)


def _test(source: random.Random, time: int) -> Point:
    tags = _test_tags(source) | {"outcome": source.choice(OUTCOMES)}
    fields: dict[str, Any] = {"job_id": source.randint(0, 600)}
    if source.random() < 0.8:
        fields["duration_s"] = round(source.uniform(0, 50), 3)
    return Point("test", tags, fields, time)


def _test_tags(source: random.Random) -> dict[str, str]:
    """One of few tests, so that each has several results; some differ in a single tag."""
    number = source.randrange(3 * len(NASTY))
    job = NASTY[number % 3]
    return _job_tags(source) | {
        "repository": REPOSITORIES[number % 2],
        "workflow": NASTY[number // 25],
        "job": job,
        "job_group": job,
        "suite": NASTY[number % 5],
        "test": NASTY[number % len(NASTY)],
    }


def _test_report(source: random.Random, time: int) -> Point:
    counts = ("total", "passed", "failed", "errored", "skipped", "flaky")
    fields: dict[str, Any] = {name: source.randint(0, 99) for name in counts if source.random() < 0.9}
    return Point("test_report", _job_tags(source), {"job_id": source.randint(1, 10**12), **fields}, time)


def _flake(source: random.Random, time: int) -> Point:
    tags = _job_tags(source) | {"level": "job", "evidence": source.choice(("rerun", "same_sha"))}
    fields: dict[str, Any] = {
        "failed_run_id": source.choice((1, 1, -1)) * source.randint(1, 10**12),
        "failed_job_id": source.randint(1, 10**12),
        "passed_run_id": source.choice((1, 1, -1)) * source.randint(1, 10**12),
        "passed_job_id": source.randint(1, 10**12),
        "head_sha": f"{source.randint(1, 9):040x}",
    }
    if source.random() < 0.9:
        fields["confirmed_at"] = time // NANOSECONDS + source.randint(0, 90_000)
    if source.random() < 0.8:
        fields["message"] = source.choice(("", 'of ${1+1} "lines"\nand more', "ünd", "Zeit", "zeit", "📦"))
    if source.random() < 0.5:
        tags |= _test_tags(source) | {"level": "test"}
    elif source.random() < 0.9:
        fields["wasted_s"] = float(source.randint(1, 1000))
    return Point("flake", tags, fields, time)


def _finding(source: random.Random, time: int) -> Point:
    tags = {k: v for k, v in _job_tags(source).items() if k in ("repository", "workflow", "job")}
    tags |= {"kind": source.choice(KINDS), "level": source.choice(("job", "test"))}
    if tags["level"] == "test":
        tags |= {"suite": source.choice(NASTY), "name": source.choice(NASTY)}
    if tags["kind"] == "spreading":
        tags |= {"level": "failure", "workflow": "(any)", "suite": "f00d", "name": source.choice(NASTY)}
        tags.pop("job", None)
    if tags["kind"] == "broken":
        tags["branch"] = source.choice(("main", r"release/1.\d"))
    since = time // NANOSECONDS
    counts = {
        "since": since,
        "until": source.choice((0, since + 90_000)),
        "evidence": 3,
        "proven": source.choice((0, 2)),
        "sure": 1,
    }
    sizes = ("probability", "size", "low", "high", "level_before", "level_after", "cost_minutes")
    texts = {
        "since_sha": source.choice(("", "a" * 40)),
        "last_before_sha": "b" * 40,
        "between": "",
        "repaired_sha": "",
    }
    least = 0 if tags["kind"] == "flaky" else -1
    numbers = {name: round(source.uniform(least, 1), 3) for name in sizes}
    fields = {
        "finding_id": f"{since:012x}",
        "repair_s": source.choice((0, 5_400)),
        **counts,
        **numbers,
        **texts,
    }
    return Point("finding", tags, fields, time)


def _of_another_kind(flake: Point) -> Point:
    """The same failing result with evidence of another kind: all else is equal, the time too."""
    tags = flake.tags | {"evidence": "in_report"}
    return Point("flake", tags, flake.fields | {"passed_job_id": 7}, flake.time)


def _sync(source: random.Random, time: int) -> Point:
    fields: dict[str, Any] = {
        name: source.randint(0, 999) for name in ("requests", "runs", "points", "rejected")
    }
    if source.random() < 0.5:
        fields |= {
            "lag_s": source.uniform(0, 99),
            "rate_limit_remaining": source.randint(0, 5000),
            "outbox": source.randint(0, 99),
        }
    return Point(
        "etl",
        {"repository": source.choice(REPOSITORIES), "status": source.choice(("ok", "error"))},
        fields,
        time,
    )
