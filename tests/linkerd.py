"""linkerd's CI in May 2020 as a recorded history: real jobs and annotations, from `../shared/data`."""

import json
from collections import defaultdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parents[2] / "shared" / "data" / "linkerd2-2020"
REPOSITORY = "linkerd/linkerd2"

# Jobs of one workflow that start within this time of the first, until a name repeats, are one run.
_GAP_S = 3_600

Item = dict[str, Any]


def jobs() -> list[Item]:
    return _read("jobs.json")


def annotations() -> list[Item]:
    return _read("annotations.json")


@cache
def _read(name: str) -> list[Item]:
    if not DATA.exists():
        pytest.skip("linkerd's data is not here (../shared/data)")
    items: list[Item] = json.loads((DATA / name).read_text("utf-8"))
    return items


def write_history(path: Path) -> None:
    """Every job and every annotation, once, as a line per run."""
    notes = defaultdict(list)
    for note in annotations():
        notes[_key(note), note["Conclusion"]].append(note)
    lines = [json.dumps(_run(run, notes)) for run in group_runs(jobs())]
    assert not any(notes.values())
    path.write_text("\n".join(lines), "utf-8")


def group_runs(items: list[Item]) -> list[list[Item]]:
    runs: list[list[Item]] = []
    latest: dict[str, list[Item]] = {}
    for job in sorted(items, key=lambda job: job["Started"]):
        run = latest.get(job["Workflow"])
        if run is None or job["Job"] in {other["Job"] for other in run} or _far(run[0], job):
            run = latest[job["Workflow"]] = []
            runs.append(run)
        run.append(job)
    return runs


def run_conclusion(run: list[Item]) -> str:
    conclusions = {job["Conclusion"] for job in run}
    if "failure" in conclusions:
        return "failure"
    return "skipped" if conclusions == {"skipped"} else "success"


def _far(first: Item, job: Item) -> bool:
    start, other = (datetime.fromisoformat(item["Started"]) for item in (first, job))
    return (other - start).total_seconds() > _GAP_S


def _key(item: Item) -> tuple[str, ...]:
    return tuple(item[name] for name in ("Workflow", "Job", "Started", "Completed"))


def _run(run: list[Item], notes: dict[Any, list[Item]]) -> Item:
    started = min(job["Started"] for job in run)
    return {
        "repository": REPOSITORY,
        "workflow": run[0]["Workflow"],
        "created_at": started,
        "attempts": [{"started_at": started, "jobs": [_job(job, notes) for job in run]}],
    }


def _job(job: Item, notes: dict[Any, list[Item]]) -> Item:
    own = notes.pop((_key(job), job["Conclusion"]), [])
    return {
        "name": job["Job"],
        "started_at": job["Started"],
        "completed_at": job["Completed"],
        "conclusion": job["Conclusion"],
        "annotations": [
            {"message": note["Message"], "path": note["Path"], "line": note["StartLine"]} for note in own
        ],
    }
