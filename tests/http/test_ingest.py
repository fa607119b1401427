"""Results of other CIs over HTTP: as by the command, only with the token, all or nothing, and private."""

import asyncio
import gzip
import io
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import DataError
from etl.http import ingest as route
from etl.http.forms import form_of
from tests.http.serving import Answer, Served, served, until
from tests.pipeline.ingested import PROJECT, USUAL, delivered, opened, report, told
from tests.pipeline.world import HOUR, NAME, NOON, World, attempt, job, run, simulated

TOKEN = "a-token-of-other-cis"
PATH = "/api/v1/ingest"
ON: dict[str, Any] = {"ingest": {"token": TOKEN}}
KEY = {"Authorization": f"Bearer {TOKEN}"}
AT = {"completed": str(NOON)}
RED, GREEN = report("a", failing={"b": "boom"}), report("a", "b")


async def sent(
    service: Served, *reports: bytes, headers: dict[str, str] | None = None, **fields: str
) -> Answer:
    """As curl sends it."""
    form = aiohttp.FormData(default_to_multipart=True)
    for name, text in (USUAL | AT | fields).items():
        form.add_field(name, text)
    for content in reports:
        form.add_field("report", io.BytesIO(content), filename="build/r.xml", content_type="text/xml")
    return await service.ask("POST", PATH, data=form, headers=KEY if headers is None else headers)


async def test_it_is_the_same_as_the_command(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        async with served(world, http=ON, interval="1h") as service:
            first = await sent(service, RED)
            assert (first.status, first.json["status"], first.json["attempt"]) == (201, "ingested", 1)
            again = await sent(service, RED)
            assert (again.status, again.json["status"], again.json["run_id"]) == (
                200,
                "known",
                first.json["run_id"],
            )
            assert (await sent(service, gzip.compress(GREEN))).json["attempt"] == 2
            body = USUAL | AT | {"job": "lint", "run": 512, "conclusion": "ok", "url": None, "reports": [
                {"name": "r.xml", "content": GREEN.decode()}, report("c").decode()
            ]}  # fmt: skip
            answer = await service.ask("POST", PATH, json=body, headers=KEY)
            assert (answer.status, answer.json["tests"]) == (201, 3)
            await service.until_delivered()
        async with opened(tmp_path / "command") as pipeline:
            await told(pipeline, RED, **AT)
            await told(pipeline, gzip.compress(GREEN), **AT)
            await told(pipeline, GREEN, report("c"), **AT, job="lint", conclusion="ok")
            await delivered(pipeline)
        own = [point for point in world.points("job") if point["run_id"] < 0]
        assert own == world.points("job", "command")
        for measurement in ("workflow_run", "test", "test_report", "failure", "flake"):
            ours = [one for one in world.points(measurement) if one["repository"] == PROJECT]
            assert ours == world.points(measurement, "command")
            assert ours


WITHOUT_TOKEN: list[dict[str, str]] = [
    {},
    {"Authorization": "Bearer wrong"},
    {"Authorization": f"bearer {TOKEN}x"},
    {"Authorization": f"Token {TOKEN}"},
    {"Authorization": "Bearer é"},
    {"X-Token": TOKEN},
    {"Authorization": "Bearer another-token-of-a-test"},
]


async def test_without_the_token_nothing_is_read(tmp_path: Path) -> None:
    async with (
        simulated(tmp_path) as world,
        served(world, http=ON | {"token": "another-token-of-a-test"}) as service,
    ):
        for headers in WITHOUT_TOKEN:
            assert (await sent(service, RED, headers=headers)).status == 401, headers
        assert service.pipeline.repositories.ingested == ()
        assert TOKEN not in json.dumps(service.logs, default=str)


async def test_without_the_setting_it_is_off(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, served(world) as service:
        assert (await sent(service, RED)).status == 404


async def test_what_is_wrong_is_reported_and_nothing_is_written(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, served(world, http=ON, interval="1h") as service:
        await service.until_synced()

        async def refused(status: int, reason: str, *reports: bytes, **fields: str) -> None:
            answer = await sent(service, *reports, headers=KEY, **fields)
            assert (answer.status, reason in answer.json["error"]) == (status, True), answer.text

        await refused(400, "there is no 'color'", RED, color="red")
        await refused(400, "commit '<b>' is no", RED, commit="<b>")
        await refused(422, "empty", GREEN, b"")
        await refused(422, "nothing was ingested", GREEN, RED[:60])
        await refused(422, "neither a report nor a conclusion")
        for body, content_type, status in (
            (b"[]", "application/json", 400),
            (b"[" * 100_000, "application/json", 400),
            (b'{"reports": 5}', "application/json", 400),
            (b'{"reports": [5]}', "application/json", 400),
            (b'{"run": true}', "application/json", 400),
            (b"x", "text/plain", 400),
            (b"x", "multipart/form-data", 400),
            (b"--b\r\n", "multipart/form-data; boundary=b", 400),
        ):
            headers = KEY | {"Content-Type": content_type}
            assert (await service.ask("POST", PATH, data=body, headers=headers)).status == status
        large = await service.ask("POST", PATH, data=io.BytesIO(bytes(route.LARGEST + 1)), headers=KEY)
        assert large.status == 413
        assert service.pipeline.repositories.ingested == ()
        assert (await sent(service, RED, attempt="1")).status == 201
        await refused(409, "attempt 1 of job 'unit'", GREEN, attempt="1")


async def test_a_full_outbox_takes_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with simulated(tmp_path) as world, served(world, http=ON, interval="1h") as service:
        await service.until_synced()
        monkeypatch.setattr(service.pipeline.state.outbox, "points", lambda: 10_000_000)
        answer = await sent(service, RED)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
        monkeypatch.undo()
        assert (await sent(service, RED)).status == 201


async def test_it_works_without_any_repository_of_github_and_judges(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        github = {"token": None}
        async with served(world, http=ON, repositories=[], github=github, interval="1s") as service:
            assert (await sent(service, RED)).status == 201
            state = service.pipeline.state
            known = state.repositories.get(PROJECT)
            assert known is not None
            await until(lambda: not state.judgements.get(known.id).unread)
            assert (await service.get("/healthz")).status == 200
            assert PROJECT in (await service.get("/")).text
            report_page = await service.get(f"/report?repository={PROJECT}")
            assert (report_page.status, "nightly" in report_page.text) == (200, True)
            # Its name has a group more than those of GitHub.
            assert "<svg" in (await service.get(f"/badge/{PROJECT}.svg")).text
            assert [entry for entry in service.logs if entry["log_level"] == "error"] == []
        assert world.github.log.requests == []


async def test_what_is_ingested_is_private_also_if_another_process_did(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        world.repository.private = False
        public(world)
        elsewhere = {"Host": "ci.example.org"}
        async with served(world, http=ON, interval="1h") as service:
            await service.until_synced()
            for path in ("/report", "/metrics", "/", f"/badge/{NAME}.svg"):
                assert (await service.get(path, **elsewhere)).status == 200
            assert (await sent(service, RED)).status == 201
            # As if it had not been this process.
            service.pipeline.repositories.ingested = ()
            for path in ("/report", "/metrics"):
                assert (await service.get(path, **elsewhere)).status == 401
                assert (await service.get(path)).status == 200
            await service.pipeline.repositories.recall_ingested()
            assert PROJECT not in (await service.get("/", **elsewhere)).text
            assert (await service.get(f"/report?repository={PROJECT}", **elsewhere)).status == 401
            assert (await service.get(f"/report?repository={NAME}", **elsewhere)).status == 200
            assert (await service.get("/report")).status == 200


def public(world: World) -> None:
    world.add(run(NOON - HOUR, attempt(NOON - HOUR, job("unit", NOON - HOUR + 5))))


async def test_many_at_once_are_one_run(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        async with served(world, http=ON, interval="1h") as service:
            answers = await asyncio.gather(*(sent(service, RED, job=f"job {n % 4}") for n in range(8)))
            assert sorted(one.status for one in answers) == [200] * 4 + [201] * 4
            await service.until_delivered()
        (whole,) = [point for point in world.points("workflow_run") if point["repository"] == PROJECT]
        assert (whole["jobs"], whole["conclusion"]) == (4, "failure")


@given(
    st.lists(st.binary(max_size=60), max_size=4),
    st.dictionaries(st.sampled_from(["job", "run"]), st.text(max_size=40)),
)
def test_every_content_comes_out_of_a_form_as_it_went_in(
    reports: list[bytes], fields: dict[str, str]
) -> None:
    try:
        texts = [(name, text.encode()) for name, text in fields.items()]
    except UnicodeEncodeError:
        return
    parts = [*texts, *(("report", content) for content in reports)]
    body = b"".join(
        f'--b-of-a-test\r\nContent-Disposition: form-data; name="{name}"; filename="x"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in parts
    )
    found = form_of("multipart/form-data; boundary=b-of-a-test", body + b"--b-of-a-test--\r\n")
    assert found == (fields, [("x", content) for content in reports])


@given(st.binary(max_size=300), st.sampled_from(["application/json", "multipart/form-data; boundary=b"]))
def test_whatever_comes_is_a_form_or_refused(body: bytes, content_type: str) -> None:
    for made in (
        body,
        b"--b\r\n" + body + b"\r\n--b--",
        b"--b\r\n" + body.replace(b" ", b"\r\n\r\n") + b"\r\n--b--",
    ):
        try:
            fields, _ = form_of(content_type, made)
        except DataError:
            continue
        assert all(isinstance(text, str) for text in fields.values())
