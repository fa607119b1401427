"""The report and the badges, as a browser gets them."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from etl.errors import RetriableError
from etl.http import ahead, routes
from etl.http.badge import draw
from etl.model.writes import Row
from tests.http.serving import Served, served, until
from tests.pipeline.world import HOUR, NAME, NOON, World, attempt, faults, job, run, simulated
from tests.waiting import HANGS_S

SVG = "{http://www.w3.org/2000/svg}"
BADGE = f"/badge/{NAME}.svg"


def half_green(world: World) -> None:
    for hours, conclusion in ((3, "success"), (1, "failure")):
        created = NOON - hours * HOUR
        world.add(run(created, attempt(created, job("unit", created + 5, conclusion=conclusion))))


async def test_the_report_is_the_current_one(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        half_green(world)
        await world.sync_well()
        async with served(world) as service:
            whole = await service.get("/report")
            assert whole.status == 200
            assert whole.headers["Content-Type"] == "text/html; charset=utf-8"
            assert NAME in whole.text.partition("</title>")[0]
            assert "last 14 days" in whole.text
            one = await service.get(f"/report?repository={NAME}&days=7")
            assert "last 7 days" in one.text
            assert "frame-ancestors" in one.headers["Content-Security-Policy"]


async def test_days_that_make_no_sense(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, served(world) as service:
        for days in ("0", "366", "-1", "seven", "1e2", "٣", ""):
            answer = await service.get(f"/report?days={days}")
            assert answer.status == 400, days
            assert "365" in answer.json["error"], days


async def test_a_badge_tells_success_and_flaky_tests(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        half_green(world)
        await world.sync_well()
        async with served(world) as service:
            badge = await service.get(BADGE)
            assert badge.headers["Content-Type"] == "image/svg+xml; charset=utf-8"
            assert [text.text for text in fromstring(badge.text).iter(f"{SVG}text")] == ["CI", "50 %"]  # noqa: S314
            assert "max-age=300" in badge.headers["Cache-Control"]
            again = await service.get(BADGE, If_None_Match=badge.headers["ETag"])
            assert (again.status, again.text) == (304, "")
            assert (await service.get(BADGE, If_None_Match='"other"')).status == 200


def watched(service: Served, opened: asyncio.Event | None = None) -> Counter[tuple[str, int]]:
    """Counts the questions that the store is asked, by name and days; overviews wait until `opened`, if given."""
    asked: Counter[tuple[str, int]] = Counter()
    query = service.pipeline.store.query

    async def watching(name: str, parameters: Any) -> list[Row]:
        asked[name, (parameters["stop"] - parameters["start"]).days] += 1
        if opened is not None and name == "overview":
            await opened.wait()
        return await query(name, parameters)

    service.pipeline.store.query = watching  # type: ignore[method-assign]
    return asked


async def test_the_store_is_asked_once_however_many_ask(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        half_green(world)
        await world.sync_well()
        async with served(world) as service:
            asked = watched(service)
            for _ in range(5):
                await service.get(BADGE)
                await service.get("/report?days=90")
            await asyncio.gather(*(service.get("/report?days=30") for _ in range(5)))
            assert [asked["overview", days] for days in (7, 90, 30)] == [1, 1, 1]


async def test_a_store_that_does_not_answer_is_asked_for_one_report_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_REPORTS", 4)
    async with simulated(tmp_path) as world, served(world) as service:
        await service.until_synced()
        await service.until_figures()
        await service.until_made()
        opened = asyncio.Event()
        asked = watched(service, opened)
        waiting = [asyncio.create_task(service.get(f"/report?days={days}")) for days in range(15, 20)]
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        assert [(await task).status for task in done] == [503]
        assert sum(count for (name, days), count in asked.items() if name == "overview" and days >= 14) <= 1
        # A report takes nobody's badge.
        badge = asyncio.create_task(service.get(BADGE))
        await until(lambda: asked["overview", 7] == 1)
        # And nobody waits for what was made ahead.
        assert [(await service.get(path)).status for path in ("/report", "/")] == [200, 200]
        opened.set()
        statuses = [(await task).status for task in waiting]
        assert (statuses.count(200), statuses.count(503)) == (4, 1)
        assert (await badge).status == 200


async def test_the_report_is_made_again_after_each_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody's request does that: for an hour no page is older than allowed."""
    monkeypatch.setattr(ahead, "_REST", 0.0)
    async with (
        simulated(tmp_path) as world,
        served(world, interval="1s", http={"refresh": "1h"}) as service,
        asyncio.timeout(HANGS_S),
    ):
        await service.until_made()
        half_green(world)
        for path in ("/report", "/"):
            while "50.0 %" not in (await service.get(path)).text:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_the_last_report_is_served_while_the_store_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "_REST", 0.0)
    async with simulated(tmp_path) as world:
        half_green(world)
        await world.sync_well()
        async with served(world, http={"refresh": "1s"}) as service:
            await service.until_made()

            async def away(name: str, parameters: Any) -> list[Row]:
                raise RetriableError(f"the store is away: {name} {parameters}")

            service.pipeline.store.query = away  # type: ignore[method-assign]
            await until(lambda: any("could not be made" in entry["event"] for entry in service.logs))
            for _ in range(3):
                answer = await service.get("/report")
                assert (answer.status, NAME in answer.text) == (200, True)
            assert (await service.get("/report?days=3")).status == 503


async def test_a_page_is_sent_compressed_only_to_who_reads_that(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, served(world) as service:
        plain = await service.get("/report", Accept_Encoding="identity")
        packed = await service.get("/report", Accept_Encoding="gzip")
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 2
        assert packed.text == plain.text
        assert packed.headers["Vary"] == "Accept-Encoding"


async def test_a_store_that_is_away_costs_this_request_alone(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        influxdb = {"url": "http://127.0.0.1:9", "token": "secret-of-a-test"}
        async with served(world, influxdb=influxdb) as service:
            answer = await service.get(BADGE)
            assert answer.status == 503
            assert set(answer.json) == {"error"}
            assert "127.0.0.1:9" not in answer.text
            await service.until_synced()
            ready = await service.get("/readyz")
            assert (ready.status, ready.json["status"]) == (200, "degraded")
            assert [reason["check"] for reason in ready.json["reasons"]] == ["store"]
            assert "ci_health_store_up 0.0" in (await service.get("/metrics")).text.splitlines()


def overview(rate: float | None, flaky: int = 0) -> dict[str, object]:
    return {"run_success_rate": rate, "flaky_tests": flaky}


@pytest.mark.parametrize(
    ("rate", "flaky", "text"),
    [
        (None, 0, "unknown"),
        (1.0, 0, "100 %"),
        (0.9999, 0, "99.9 %"),
        (0.97349, 3, "97.3 % · 3 flaky"),
        (0.0, 0, "0 %"),
        (0.29, 0, "29 %"),
    ],
)
def test_what_a_badge_says(rate: float | None, flaky: int, text: str) -> None:
    svg = fromstring(draw(overview(rate, flaky), NAME, 7))  # noqa: S314
    assert [part.text for part in svg.iter(f"{SVG}text")] == ["CI", text]
    assert svg.attrib["aria-label"] == f"CI: {text}"


def test_nothing_breaks_out_of_a_badge() -> None:
    svg = draw(overview(1.0), '<script>alert("x")</script>&', 7)
    assert "<script" not in svg
    assert fromstring(svg).findtext(f"{SVG}title") == '<script>alert("x")</script>&, last 7 days'  # noqa: S314


async def test_a_fault_of_github_is_no_matter_of_these_pages(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        world.github.faults.add("/repos/", faults.status(500), times=None)
        async with served(world, github={"retries": 0}) as service:
            assert (await service.get(BADGE)).status == 200


async def test_the_landing_page_lists_repositories_and_leads_on(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        half_green(world)
        await world.sync_well()
        async with served(world) as service:
            page = await service.get("/")
            assert page.status == 200
            assert page.headers["Content-Type"] == "text/html; charset=utf-8"
            assert "What to do first" in page.text
            assert f'href="/report?repository={NAME.replace("/", "%2F")}' in page.text or NAME in page.text
            assert "50.0 %" in page.text
            for link in ("/metrics", "/readyz", "/healthz", f"/badge/{NAME}.svg", "/report?days=14"):
                assert f'href="{link}"' in page.text
            assert "frame-ancestors" in page.headers["Content-Security-Policy"]
            assert "Last 7 days" in (await service.get("/?days=7")).text
            assert (await service.get("/?days=0")).status == 400


async def test_the_landing_page_of_strangers_has_public_repositories_alone(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        half_green(world)
        world.repository.private = True
        await world.sync_well()
        async with served(world, http={"token": "secret-of-a-test-is-long"}) as service:
            assert (await service.get("/")).status == 401
            shown = await service.get("/", Authorization="Bearer secret-of-a-test-is-long")
            assert (shown.status, NAME in shown.text) == (200, True)
