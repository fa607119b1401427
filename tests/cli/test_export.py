"""`ci-health export` as a user runs it: into files and pipes, for other programs."""

import asyncio
import csv
import io
import json
import shutil
import stat
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from etl.demo.history import ending
from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from tests.cli.running import Ci, contents, settings_for
from tests.cli.test_commands import is_one_clear_sentence


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    """A folder with a project of some days; nothing here asks GitHub for more."""

    async def sync(folder):
        history = ending(synthetic(days=3, pushes=3), datetime.now(UTC).date() - timedelta(days=1))
        async with SimulatedGitHub(history, rate_limit=100_000) as url:
            ready = Ci(folder, **settings_for(url))
            assert (await ready("sync")).code == 0
        return ready

    return asyncio.run(sync(tmp_path_factory.mktemp("synced")))


@pytest.fixture
def ci(synced, tmp_path):
    shutil.copytree(synced.folder, tmp_path, dirs_exist_ok=True)
    return Ci(tmp_path, **synced.environment)


@pytest.fixture
def nothing(tmp_path):
    return Ci(tmp_path, CI_HEALTH_REPOSITORIES="acme/rocket")


def as_csv(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def as_json(text):
    return [json.loads(line) for line in text.splitlines()]


async def test_a_measurement_is_the_same_in_every_format(ci):
    points = contents(ci.folder)["job"]
    to_csv, to_json = await ci("export", "job"), await ci("export", "job", "--format", "jsonl", "-o", "-")
    to_file = await ci("export", "job", "--output", "new/jobs.parquet")
    assert (to_csv.code, to_json.code, to_file.code) == (0, 0, 0), to_csv.err + to_json.err + to_file.err
    assert to_file.out == f"new/jobs.parquet: {len(points):,} rows\n"
    rows, objects = as_csv(to_csv.out), as_json(to_json.out)
    assert len(rows) == len(objects) == len(points)
    for row, item in zip(rows, objects, strict=True):
        assert row["time"] == item["time"]
        assert datetime.fromisoformat(row["time"]).tzinfo is UTC
        assert (int(row["attempt"]), row["job"]) == (item["attempt"], item["job"])
        assert isinstance(item["job_id"], int)
    with duckdb.connect() as connection:
        parquet = connection.execute(
            "SELECT job_id, strftime(time AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') FROM read_parquet($file)",
            {"file": str(ci.folder / "new/jobs.parquet")},
        ).fetchall()
    assert parquet == [(item["job_id"], item["time"]) for item in objects]


async def test_an_answer_is_what_show_says(ci):
    shown = json.loads((await ci("show", "workflows", "--format", "json")).out)
    exported = await ci("export", "workflows", "--format", "jsonl")
    assert as_json(exported.out) == shown


async def test_the_files_name_says_the_format(ci):
    for name, reads in (("a.jsonl", as_json), ("a.csv", as_csv), ("a.CSV", as_csv), ("a", as_csv)):
        assert (await ci("export", "workflow_run", "-o", name)).code == 0
        assert "conclusion" in reads((ci.folder / name).read_text("utf-8"))[0]
    assert not [path for path in ci.folder.iterdir() if path.name.startswith(".ci-health-")]


async def test_a_file_is_replaced_only_when_told(ci):
    kept = ci.folder / "jobs.csv"
    kept.write_text("mine")
    refused = await ci("export", "job", "-o", "jobs.csv")
    assert (refused.code, kept.read_text()) == (2, "mine")
    is_one_clear_sentence(refused, "jobs.csv exists", "--force")
    assert (await ci("export", "job", "-o", "jobs.csv", "--force")).code == 0
    assert as_csv(kept.read_text("utf-8"))
    assert stat.S_ISREG(kept.stat().st_mode)


async def test_it_narrows_to_names_and_a_period(ci):
    found = as_json((await ci("export", "job", "--format", "jsonl", "--job", "lint", "--days", "30")).out)
    assert {item["job"] for item in found} == {"lint"}
    day = datetime.now(UTC).date() - timedelta(days=2)
    within = await ci(
        *("export", "job", "--format", "jsonl"), "--since", str(day), "--until", str(day + timedelta(days=1))
    )
    days = {item["time"][:10] for item in as_json(within.out)}
    assert days == {str(day)}


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["export", "tset"], ["'tset'", "workflow_run", "flaky"]),
        (["export", "job", "--format", "parquet"], ["--output FILE"]),
        (["export", "etl", "--branch", "main"], ["`export etl` takes no --branch"]),
        (["export", "flaky", "--test", "x"], ["`export flaky` takes no --test"]),
        (["export", "job", "--days", "3", "--since", "3d"], ["--days", "--since"]),
        (["export", "job", "--until", "3d"], ["--until needs --since"]),
        (["export", "job", "--since", "soon"], ["soon"]),
        (["export", "job", "--since", "3d", "--until", "9d"], ["3d is not before 9d"]),
        (["export", "job", "-o", "."], ["not a file"]),
        (["export", "job", "-o", "/proc/none/x.csv"], ["/proc/none"]),
    ],
)
async def test_what_cannot_be_is_refused_in_a_sentence(nothing, arguments, parts):
    outcome = await nothing(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    is_one_clear_sentence(outcome, *parts)


async def test_a_mistyped_name_is_no_empty_file(ci):
    outcome = await ci("export", "job", "-o", "jobs.csv", "--workflow", "nightly")
    assert outcome.code == 2
    is_one_clear_sentence(outcome, "did you mean 'Nightly'?")
    assert not (ci.folder / "jobs.csv").exists()


async def test_without_a_sync_there_is_the_header(nothing):
    outcome = await nothing("export", "test")
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("time,repository,workflow,job,")
    assert outcome.out.count("\n") == 1
