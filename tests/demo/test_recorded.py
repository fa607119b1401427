import gzip
import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from etl.demo import recorded
from etl.demo.history import (
    Annotation,
    Attempt,
    History,
    Inheritance,
    Job,
    Repository,
    Run,
    Step,
    Workflow,
    ending,
)
from etl.demo.recorded import dump, load
from etl.demo.synthetic import synthetic
from etl.errors import ConfigurationError

PAGE = Path(__file__).parents[2] / "docs" / "history-format.md"
MINIMAL: dict[str, Any] = {
    "repository": "acme/rocket",
    "workflow": "CI",
    "created_at": "2026-01-05T12:00:00Z",
    "attempts": [{"started_at": "2026-01-05T12:00:00Z", "jobs": [{"name": "build"}]}],
}


def written(path: Path, *lines: Any) -> Path:
    path.write_text(
        "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines), "utf-8"
    )
    return path


def reloaded(history: History, path: Path) -> History:
    return load(written(path, *dump(history)))


def like(history: History) -> list[Any]:
    """What a record keeps of a history: ids of repositories and workflows are given anew."""
    kept: list[Any] = []
    for repository in history.repositories:
        flows = {flow.id: (flow.name, flow.path) for flow in repository.workflows}
        for run in repository.runs:
            fields = (run.id, run.number, run.created_at, run.attempts, run.event, run.head_branch)
            kept.append((repository.full_name, repository.default_branch, flows[run.workflow_id], fields))
            kept.append((run.head_sha, run.actor, run.fork))
    return kept


def test_the_synthetic_history_comes_back(tmp_path: Path) -> None:
    history = synthetic(seed=3, days=5)
    assert like(reloaded(history, tmp_path / "history")) == like(history)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TIMES = st.integers(1_300_000_000, 4_000_000_000)
MAYBE = st.none() | TIMES
JOBS = st.builds(
    Job,
    id=st.integers(1, 2**53),
    name=TEXT,
    created_at=TIMES,
    started_at=MAYBE,
    completed_at=MAYBE,
    conclusion=TEXT,
    labels=st.lists(TEXT, max_size=2).map(tuple),
    steps=st.lists(st.builds(Step, TEXT, MAYBE, MAYBE, TEXT), max_size=2).map(tuple),
    annotations=st.lists(st.builds(Annotation, TEXT, TEXT, TEXT, st.integers(1, 999), TEXT), max_size=2).map(
        tuple
    ),
    artifacts=st.just(()),
    inherited=st.none() | st.sampled_from(Inheritance),
)
ATTEMPTS = st.builds(Attempt, TIMES, st.lists(JOBS, max_size=2).map(tuple), st.none() | TEXT)
RUNS = st.builds(
    Run,
    id=st.integers(1, 2**53),
    number=st.integers(1, 2**31),
    workflow_id=st.just(7),
    created_at=TIMES,
    attempts=st.lists(ATTEMPTS, min_size=1, max_size=2).map(tuple),
    event=TEXT,
    head_branch=TEXT,
    head_sha=TEXT.filter(bool),
    actor=TEXT,
    fork=st.booleans(),
)


@given(runs=st.lists(RUNS, min_size=1, max_size=3), name=TEXT, path=TEXT.filter(bool), branch=TEXT)
def test_any_history_comes_back(
    tmp_path_factory: pytest.TempPathFactory, runs: list[Run], name: str, path: str, branch: str
) -> None:
    history = History([Repository(1, "acme/rocket", [Workflow(7, name, path)], runs, branch)])
    assert like(reloaded(history, tmp_path_factory.getbasetemp() / "any")) == like(history)


def test_gzip_is_recognised_by_its_content(tmp_path: Path) -> None:
    packed = tmp_path / "history"
    packed.write_bytes(gzip.compress(json.dumps(MINIMAL).encode()))
    assert len(load(packed).repositories[0].runs) == 1


def test_ids_follow_from_the_order_of_lines(tmp_path: Path) -> None:
    other = MINIMAL | {"workflow": "Nightly build", "repository": "acme/other"}
    first, second = (load(written(tmp_path / "history", MINIMAL, MINIMAL, "", other)) for _ in range(2))
    assert first == second
    rocket, last = first.repositories
    ids = [run.id for run in rocket.runs + last.runs]
    ids += [run.attempts[0].jobs[0].id for run in rocket.runs + last.runs]
    assert len(set(ids)) == 6
    assert [run.number for run in rocket.runs] == [1, 2]
    assert [flow.path for flow in last.workflows] == [".github/workflows/nightly-build.yml"]
    assert rocket.runs[0].attempts[0].jobs[0].created_at == rocket.runs[0].created_at


JOB = {"name": "build"}
WRONG = {
    "no JSON": ("{", "Invalid JSON"),
    "a list": ([], "object"),
    "an unknown key": (MINIMAL | {"colour": "red"}, "colour"),
    "a missing key": ({"repository": "a/b"}, "workflow"),
    "no attempts": (MINIMAL | {"attempts": []}, "attempts"),
    "no owner": (MINIMAL | {"repository": "rocket"}, "repository"),
    "no time": (MINIMAL | {"created_at": "yesterday"}, "created_at"),
    "no offset": (MINIMAL | {"created_at": "2026-01-05T12:00:00"}, "created_at"),
    "a deep one": (
        MINIMAL | {"attempts": [{"started_at": "2026-01-05T12:00:00Z", "jobs": [JOB, {"name": 5}]}]},
        r"attempts\.0\.jobs\.1\.name",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_line_is_named(tmp_path: Path, case: str) -> None:
    line, says = WRONG[case]
    file = written(tmp_path / "history.jsonl", MINIMAL, "", line)
    with pytest.raises(ConfigurationError, match=rf"history\.jsonl, line 3: .*{says}"):
        load(file)


BROKEN = {
    "binary": b"\xff\xfe\x00",
    "half a gzip": gzip.compress(b"x" * 9_999)[:-9],
    "damaged gzip": b"\x1f\x8b\x08\x00" + b"damaged" * 9,
    "no gzip": b"\x1f\x8bhello",
    "wrong sum": gzip.compress(b"{}")[:-8] + b"12345678",
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_named(tmp_path: Path, case: str) -> None:
    file = tmp_path / "history.gz"
    file.write_bytes(BROKEN[case])
    with pytest.raises(ConfigurationError, match=r"history\.gz cannot be read"):
        load(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"missing\.jsonl cannot be read"):
        load(tmp_path / "missing.jsonl")


def test_an_empty_file_says_where_the_form_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"holds no runs: docs/history-format\.md"):
        load(written(tmp_path / "empty", "", " "))


@pytest.mark.parametrize("day", [date(2020, 2, 29), date(2026, 1, 9), date(2030, 12, 31)])
def test_a_history_ends_on_a_day_and_keeps_its_hours(day: date) -> None:
    history = synthetic(days=4)
    moved = ending(history, day)
    assert moved.end.date() == day
    assert (moved.end - history.end) % timedelta(days=1) == timedelta(0)
    assert moved.end - moved.start == history.end - history.start
    back = ending(moved, history.end.date())
    assert back == history


def test_the_documented_line_loads(tmp_path: Path) -> None:
    (line,) = re.findall(r"```json\n(.*?)\n```", PAGE.read_text("utf-8"), re.DOTALL)
    assert "\n" not in line
    (repository,) = load(written(tmp_path / "history", line)).repositories
    (attempt,) = repository.runs[0].attempts
    assert (repository.full_name, attempt.outcome) == ("acme/rocket", "failure")
    assert attempt.jobs[0].annotations[0].line == 42


@pytest.mark.parametrize("part", ["Run", "Attempt", "Job", "Step", "Annotation", "Artifact"])
def test_the_page_lists_every_key(part: str) -> None:
    model: type[BaseModel] = getattr(recorded, f"{part}Document")
    section = PAGE.read_text("utf-8").split(f"## {part}\n")[1].split("\n## ")[0]
    listed = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|", section, re.MULTILINE))
    assert list(listed) == list(model.model_fields)
    for key, info in model.model_fields.items():
        assert info.is_required() == (listed[key] == "required")
        if isinstance(info.default, str) and info.default:
            assert listed[key] in (f"`{info.default}`", "empty", "from the name", "from the id")
