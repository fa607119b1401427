"""Hostile names and messages, through the real process into both stores, and out by every view."""

import asyncio
import csv
import io
import json
import os
import re
import time
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from etl import settings
from etl.demo import faults
from etl.load.opened import open_store
from etl.model.writes import Row
from etl.queries.catalogue import QUESTIONS
from etl.report import html, terminal
from etl.report.ask import REPORTED, ask, last_days, parameters
from etl.report.views import VIEWS
from etl.settings import Settings
from tests.chaos.hostile import ATTACKS, HARMLESS, project
from tests.chaos.process import Process
from tests.chaos.world import Points, World, chaos
from tests.cli.running import Ci
from tests.influxd import Influxd

PERIOD = last_days(7, time.time())
EMBEDDED = {f"CI_HEALTH_INFLUXDB__{name}": "" for name in ("URL", "ORG", "BUCKET", "TOKEN")}
STORES = ("influxdb", "duckdb")
# Nothing was there before, so that nothing got worse or better; all that broke was healed at once, and proves a flake.
EMPTY = {"worse", "better", "broken", "ingested"}


@dataclass
class Taken:
    """What a sync of a project printed and left; answers by store and question."""

    process: Process
    points: Points
    dead_letters: int
    settings: dict[str, Settings] = field(default_factory=dict)
    answers: dict[str, dict[str, list[Row]]] = field(default_factory=dict)


async def take(folder: Path, influxd: Influxd, names: list[str], stores: tuple[str, ...]) -> Taken:
    """Sync a project into each store, and ask everything of each."""
    async with chaos(folder, influxd, project(names)) as world:
        code, process = await world.run("sync")
        assert code == 0, process.text
        taken = Taken(process, world.points(), world.ask("SELECT count(*) FROM dead_letters")[0][0])
        await remember(taken, "influxdb", world)
        if "duckdb" not in stores:
            return taken
        world.settings |= EMBEDDED | {"CI_HEALTH_DATA_DIR": str(folder / "embedded")}
        code, embedded = await world.run("sync")
        assert code == 0, embedded.text
        await remember(taken, "duckdb", world)
        return taken


async def remember(taken: Taken, name: str, world: World) -> None:
    """Every answer of the store that the settings name, which are those of the processes."""
    own = settings.load(
        world.environment() | {"CI_HEALTH_INFLUXDB__URL": world.influxd.url} | world.settings,
        file=Path(os.devnull),
    )
    store = open_store(own)
    try:
        taken.answers[name] = await ask(store, own, list(QUESTIONS), parameters(PERIOD))
    finally:
        await store.close()
    taken.settings[name] = own


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, influxd: Influxd) -> Taken:
    return asyncio.run(take(tmp_path_factory.mktemp("hostile"), influxd, [*ATTACKS.values()], STORES))


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory, influxd: Influxd) -> Taken:
    return asyncio.run(take(tmp_path_factory.mktemp("harmless"), influxd, HARMLESS, ("influxdb",)))


def sizes(found: Mapping[str, list[Any]]) -> dict[str, int]:
    return {name: len(rows) for name, rows in found.items()}


def test_the_store_holds_the_points_of_harmless_names_and_no_other(hostile: Taken, harmless: Taken) -> None:
    assert sizes(hostile.points) == sizes(harmless.points)
    assert hostile.dead_letters == 0
    for found in hostile.points.values():
        assert {point.tags["repository"] for point in found} <= {"acme/rocket"}
        assert 666 not in {point.fields.get("job_id") for point in found}


@pytest.mark.parametrize("store", STORES)
def test_every_question_has_as_many_answers(store: str, hostile: Taken, harmless: Taken) -> None:
    found, expected = sizes(hostile.answers[store]), sizes(harmless.answers["influxdb"])
    # Which part of a message is the test's own name depends on where words begin: hostile ones join less.
    clusters = {name: (found.pop(name), expected.pop(name)) for name in ("failures", "spreading")}
    assert found == expected
    assert all(harmless_ones <= hostile_ones for hostile_ones, harmless_ones in clusters.values())
    assert {name for name, rows in hostile.answers[store].items() if not rows} <= EMPTY | {"etl_status"}


FORMS = ("table", "json", "csv")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("view", VIEWS)
def test_nothing_shown_steers_a_terminal(view: str, form: Any, hostile: Taken) -> None:
    for answers in hostile.answers.values():
        text = terminal.render(view, answers[view], form, period=PERIOD, width=400, color=False)
        steers({character for character in text if character not in "\r\n\t\u200d"})
        assert "\r" not in text.replace("\r\n", "")


def steers(characters: set[str]) -> None:
    bad = {
        character for character in characters if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp")
    }
    assert not bad, bad


@pytest.mark.parametrize("view", VIEWS)
def test_no_cell_runs_in_a_spreadsheet(view: str, hostile: Taken) -> None:
    for answers in hostile.answers.values():
        text = terminal.render(view, answers[view], "csv", period=PERIOD)
        header, *rows = csv.reader(io.StringIO(text, newline=""))
        assert len(rows) == len(answers[view])
        assert {len(row) for row in rows} <= {len(header)}
        cells = [cell for row in rows for cell in row if not re.fullmatch(r"-?[\d.]+(e-?\d+)?", cell)]
        assert not [cell for cell in cells if re.match(r"[=+\-@\t\r\n＝＋－＠]", cell)]  # noqa: RUF001


def test_the_report_has_the_elements_of_harmless_names_and_no_other(hostile: Taken, harmless: Taken) -> None:
    known = elements(harmless.answers["influxdb"], "acme/rocket")
    for answers in hostile.answers.values():
        found = elements(answers, ATTACKS["HTML"])
        assert found.kinds <= known.kinds
        assert found.scripts == known.scripts
        assert all(link.startswith(("https://", "http://127.0.0.1:", "#")) for link in found.links)


def elements(answers: dict[str, list[Row]], title: str) -> "Elements":
    """Those of the report."""
    reported = {name: answers[name] for name in REPORTED}
    return Elements(html.render(reported, period=PERIOD, generated_at=datetime.now(UTC), title=title))


class Elements(HTMLParser):
    """Kinds of elements with their attributes, the number of scripts, and where links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.kinds: set[tuple[str, str]] = set()
        self.links: list[str] = []
        self.scripts = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.kinds |= {(tag, name) for name, _ in attrs} | {(tag, "")}
        self.scripts += tag == "script"
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


@pytest.mark.parametrize("store", STORES)
async def test_options_are_values_and_nothing_else(store: str, hostile: Taken) -> None:
    """Each attack as an option finds what has just that name."""
    own = hostile.settings[store]
    opened = open_store(own)
    try:
        await _asked_by_options(opened, own, [*ATTACKS.values()])
    finally:
        await opened.close()


async def _asked_by_options(store: Any, own: Settings, names: list[str]) -> None:
    async def rows(question: str, **options: str) -> list[Row]:
        return (await ask(store, own, [question], parameters(PERIOD) | options))[question]

    before = await rows("jobs")
    shown = {row["workflow"] for row in before}
    assert len(shown) == len(names)
    for name in [*names, *shown]:
        wanted = {name} & shown
        assert {row["workflow"] for row in await rows("jobs", workflow=name)} == wanted
        assert {row["test"] for row in await rows("test_history", test=name)} <= {name}
        assert await rows("jobs", repository=name) == []
        assert await rows("jobs", branch=name) == []
    for job in {row["job"] for row in before}:
        assert {row["job"] for row in await rows("jobs_over_time", job=job)} == {job}
    assert await rows("jobs") == before


def test_no_line_of_the_log_is_forged(hostile: Taken) -> None:
    """The log tells of every artifact that is no zip, by its name."""
    lines = hostile.process.text.splitlines()
    records = [json.loads(line) for line in hostile.process.text.split("\n") if line]
    assert len(lines) == len(records)
    assert not [record for record in records if "forged" in record or record["event"] == "forged"]
    told = [record["detail"] for record in records if record["event"] == "anomaly"]
    assert len(told) == len(ATTACKS)
    steers(set(hostile.process.text) - {"\n"})


async def test_what_check_and_errors_tell_steers_no_terminal(tmp_path: Path, influxd: Influxd) -> None:
    """InfluxDB quotes the line that it rejects, and GitHub may say anything."""
    hostile = f"{ATTACKS['a terminal']}{ATTACKS['reordered']}\r\nforged"
    async with chaos(tmp_path, influxd, project(HARMLESS[:1])) as world:
        await world.run("sync")
        world.put("other/one", [f"job,repository=other/one {hostile}".encode()])
        world.github.faults.add("/actions/runs", faults.status(400, hostile), times=None)
        for command in ("sync", "check"):
            code, process = await world.run(command)
            assert code == 1
            told = [line for line in process.text.split("\n") if "gnp.exe" in line]
            assert told, process.text
            steers(set(process.text) - {"\n"})
            assert not re.search("^forged", process.text, re.MULTILINE)


async def test_no_line_is_a_command_of_github_actions(tmp_path: Path, influxd: Influxd) -> None:
    names = [name for name in ATTACKS.values() if "owned" in name]
    async with chaos(tmp_path, influxd, project(names)) as world:
        world.settings |= EMBEDDED
        ci = Ci(tmp_path, **world.environment(), GITHUB_ACTIONS="true", CI_HEALTH_LOG__FORMAT="console")
        printed = [
            await ci("sync"),
            await ci("show", "workflows"),
            await ci("show", "failures", "--format", "csv"),
        ]
        printed.append(await ci("--config", "x\n::error::owned ##[error]owned", "check"))
    texts = [text for outcome in printed for text in (outcome.out, outcome.err)]
    assert sum("owned" in text for text in texts) == len(printed)
    assert [line for text in texts for line in re.split("[\r\n]", text) if is_command(line)] == []


def test_json_holds_no_command_and_reads_back(hostile: Taken) -> None:
    """What it is redirected to must not be changed on the way."""
    for answers in hostile.answers.values():
        text = terminal.render("failures", answers["failures"], "json", period=PERIOD)
        assert not [line for line in text.splitlines() if is_command(line)]
        assert any("##[set-output" in row["message"] for row in json.loads(text))


def is_command(line: str) -> bool:
    """What the runner takes for one: `::` after white space, or the old form anywhere in the line."""
    return line.lstrip().startswith("::") or "##[" in line
