from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from etl.demo import faults
from etl.demo.clock import MovingClock
from etl.demo.history import Artifact as Uploaded
from etl.demo.history import Attempt
from etl.demo.server import SimulatedGitHub
from etl.errors import DataError
from etl.extract.github.artifacts import ArtifactListing, list_artifacts
from etl.model.records import Artifact
from tests.demo.samples import LATER, START, history, job, run
from tests.extract.github.test_client import Tags, World, connected

LISTED = "/actions/artifacts"
SECOND_PAGE = "[?&]page=2"


def uploaded(*numbers: int) -> tuple[Uploaded, ...]:
    """Artifacts that a run's job uploaded, one a second."""
    return tuple(Uploaded(number, f"junit {number}", START + number, b"zip") for number in numbers)


@asynccontextmanager
async def world(count: int, tags: Tags | None = None) -> AsyncIterator[World]:
    clock = MovingClock(LATER)
    server = SimulatedGitHub(history(run(9)), clock=clock)
    async with server as url, connected(url, clock, tags=tags) as client:
        it = World(server, clock, client)
        hold(it, *range(1, count + 1))
        yield it


def hold(it: World, *numbers: int) -> None:
    """From now on, the repository has these artifacts."""
    made = job(5, START, artifacts=uploaded(*numbers))
    it.server.history.repositories[0].runs[:] = [run(9, START, Attempt(START, (made,)))]


def ids(listing: ArtifactListing) -> list[int]:
    return [artifact.id for artifact in listing.artifacts]


async def test_all_pages_are_read_newest_first() -> None:
    async with world(250) as it:
        listing = await list_artifacts(it.client, since=0)
        assert ids(listing) == list(range(250, 0, -1))
        assert listing.artifacts[0] == Artifact(250, "junit 250", 3, False, START + 250, 9)
        assert listing.artifacts[0].path == "/actions/artifacts/250/zip"
        assert (it.client.requests, len(listing.tags), listing.unchanged) == (3, 3, False)


async def test_without_artifacts_there_are_none() -> None:
    async with world(0) as it:
        assert ids(await list_artifacts(it.client, since=0)) == []
        assert it.client.requests == 1


async def test_pages_behind_the_time_are_not_asked_for() -> None:
    async with world(350) as it:
        listing = await list_artifacts(it.client, since=START + 200)
        assert ids(listing) == list(range(350, 199, -1))
        assert it.client.requests == 2


async def test_one_request_tells_that_nothing_is_new() -> None:
    tags = Tags()
    async with world(250, tags) as it:
        for tag in (await list_artifacts(it.client, since=0)).tags:
            tags.keep(tag)
        left = it.client.rate_limit_remaining
        again = await list_artifacts(it.client, since=0)
        assert again == ArtifactListing((), (), (), unchanged=True)
        assert (it.client.requests, it.client.rate_limit_remaining) == (4, left)


async def test_what_is_new_is_found_and_what_was_seen_ends_it() -> None:
    tags = Tags()
    async with world(250, tags) as it:
        for tag in (await list_artifacts(it.client, since=0)).tags:
            tags.keep(tag)
        hold(it, *range(1, 252))
        assert ids(await list_artifacts(it.client, since=START + 240)) == list(range(251, 239, -1))
        # Only the first page changes where an artifact expires.
        hold(it, *range(1, 251))
        only = it.server.history.repositories[0].runs[0].attempts[0].jobs[0]
        items = (*only.artifacts[:-1], replace(only.artifacts[-1], expired=True))
        attempt = Attempt(START, (replace(only, artifacts=items),))
        it.server.history.repositories[0].runs[:] = [run(9, START, attempt)]
        before = it.client.requests
        listing = await list_artifacts(it.client, since=0)
        assert (ids(listing), listing.artifacts[0].expired) == (list(range(250, 150, -1)), True)
        assert (it.client.requests - before, listing.unchanged) == (2, False)


async def test_an_upload_while_pages_are_read_costs_and_repeats_nothing() -> None:
    async with world(150) as it:
        it.server.faults.add(LISTED, faults.after(lambda: hold(it, *range(1, 153))))
        listing = await list_artifacts(it.client, since=0)
        assert ids(listing) == list(range(150, 0, -1))
        assert len(listing.tags) == 2


async def test_where_artifacts_vanish_meanwhile_the_next_listing_reads_all_again() -> None:
    async with world(150) as it:
        it.server.faults.add(LISTED, faults.after(lambda: hold(it, *range(1, 140))))
        listing = await list_artifacts(it.client, since=0)
        assert 45 not in ids(listing)[:100]
        assert listing.tags == ()


BROKEN: dict[str, Any] = {
    "no time": {"created_at": "soon"},
    "year 9999": {"created_at": "9999-12-31T23:59:59Z"},
    "null name": {"name": None},
    "absurd id": {"id": 2**70},
}


@pytest.mark.parametrize("broken", BROKEN)
async def test_what_cannot_be_understood_affects_nothing_else(broken: str) -> None:
    def change(data: Any) -> Any:
        data["artifacts"][99] |= BROKEN[broken]
        return data

    async with world(120) as it:
        it.server.faults.add(LISTED, faults.changed(change))
        listing = await list_artifacts(it.client, since=0)
        assert len(listing.artifacts) == 119
        assert [anomaly.kind for anomaly in listing.anomalies] == ["artifacts"]


async def test_an_answer_without_a_list_is_no_data() -> None:
    async with world(120) as it:
        it.server.faults.add(SECOND_PAGE, faults.changed(lambda _: {}))
        with pytest.raises(DataError, match="no list artifacts"):
            await list_artifacts(it.client, since=0)
