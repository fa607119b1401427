"""The simulated GitHub's manners, asked without the client."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from etl.demo.history import Artifact, Attempt, Inheritance
from tests.demo.samples import (
    DAY,
    FLOW,
    LATER,
    NAME,
    START,
    Caller,
    calling,
    eventful,
    history,
    job,
    run,
)


def links(header: str) -> dict[str, str]:
    return {name: url for url, name in re.findall(r'<([^>]+)>; rel="(\w+)"', header)}


async def ids(ask: Caller, query: str) -> list[int]:
    return [item["id"] for item in (await ask.below(f"/actions/runs?{query}")).data["workflow_runs"]]


async def test_pages_are_linked_to_the_end() -> None:
    async with calling(history(*(run(number, START + number) for number in range(1, 8)))) as ask:
        seen, url = [], f"/repos/{NAME}/actions/runs?per_page=3"
        steps = []
        while url:
            reply = await ask(url)
            seen += [item["id"] for item in reply.data["workflow_runs"]]
            assert reply.data["total_count"] == 7
            found = links(reply.headers["link"])
            steps.append(set(found))
            url = found.get("next", "")
        assert seen == [7, 6, 5, 4, 3, 2, 1]
        assert steps == [{"next", "last"}, {"prev", "next", "last", "first"}, {"prev", "first"}]


async def test_one_page_alone_has_no_links() -> None:
    async with calling(eventful()) as ask:
        assert "link" not in (await ask.below("/actions/runs")).headers


@pytest.mark.parametrize(("query", "items"), [("", 30), ("?per_page=500", 100), ("?per_page=0", 1)])
async def test_pages_have_githubs_sizes(query: str, items: int) -> None:
    async with calling(history(*(run(number) for number in range(1, 121)))) as ask:
        assert len((await ask.below(f"/actions/runs{query}")).data["workflow_runs"]) == items


@pytest.mark.parametrize(
    ("created", "found"),
    [
        ("2026-01-05T12:00:00Z..2026-01-05T12:00:00Z", [1]),
        ("2026-01-05T12:00:01Z..2026-01-07T11:59:59Z", [2]),
        ("2026-01-05..2026-01-06", [2, 1]),
        ("2026-01-06", [2]),
        (">=2026-01-06T12:00:00Z", [3, 2]),
        ("<=2026-01-06T12:00:00Z", [2, 1]),
        ("<=2026-01-05", [1]),
        ("2027-01-01..2027-01-02", []),
    ],
)
async def test_runs_are_found_by_creation(created: str, found: list[int]) -> None:
    async with calling(history(*(run(number, START + (number - 1) * DAY) for number in (1, 2, 3)))) as ask:
        assert await ids(ask, f"created={created}") == found


async def test_runs_are_found_by_workflow_and_event() -> None:
    async with calling(history(run(1), run(2, event="schedule"))) as ask:
        assert await ids(ask, "event=schedule") == [2]
        assert (await ask.below(f"/actions/workflows/{FLOW}/runs?event=push")).data["total_count"] == 1
        assert (await ask.below("/actions/workflows/8/runs")).data["total_count"] == 0


@pytest.mark.parametrize("way", ["422", "empty"])
async def test_no_search_gives_more_than_a_thousand(way: str) -> None:
    played = history(*(run(number, START + number) for number in range(1, 1_102)))
    async with calling(played, beyond_cap=way) as ask:
        tenth = await ask.below("/actions/runs?per_page=100&page=10")
        assert (tenth.data["total_count"], len(tenth.data["workflow_runs"])) == (1_101, 100)
        beyond = await ask.below("/actions/runs?per_page=100&page=11")
        if way == "422":
            assert beyond.status == 422
        else:
            assert (beyond.status, beyond.data["workflow_runs"]) == (200, [])
            assert "link" not in beyond.headers


async def test_an_unchanged_answer_is_304_and_costs_nothing() -> None:
    async with calling(eventful()) as ask:
        path = f"/repos/{NAME}/actions/runs"
        first = await ask(path)
        again = await ask(path, etag=first.headers["etag"])
        assert (again.status, again.data) == (304, None)
        left = [int(reply.headers["x-ratelimit-remaining"]) for reply in (first, again)]
        assert left == [4_999, 4_999]
        other = await ask(path, etag=first.headers["etag"], token="other")
        assert other.status == 200
        ask.server.history.repositories[0].runs.append(run(9))
        assert (await ask(path, etag=first.headers["etag"])).status == 200
        assert ask.server.log.counted == 3


async def test_the_rate_limit_is_counted_for_each_token_until_its_reset() -> None:
    async with calling(eventful(), rate_limit=2) as ask:
        assert [(await ask.below("")).status for _ in range(3)] == [200, 200, 403]
        refused = await ask.below("")
        assert (refused.headers["x-ratelimit-remaining"], refused.headers["x-ratelimit-used"]) == ("0", "2")
        assert "rate limit" in refused.data["message"]
        assert (await ask(f"/repos/{NAME}", token="other")).status == 200
        ask.clock.now = float(refused.headers["x-ratelimit-reset"])
        assert (await ask.below("")).status == 200


@pytest.mark.parametrize("token", ["", "wrong"])
async def test_only_known_tokens_are_let_in(token: str) -> None:
    async with calling(eventful(), tokens=["secret"]) as ask:
        assert (await ask(f"/repos/{NAME}", token=token)).status == 401
        assert (await ask(f"/repos/{NAME}")).status == 200


@pytest.mark.parametrize(
    "path", ["/actions/runs/9", "/actions/runs/1/attempts/2", "/actions/runs/9/attempts/1/jobs"]
)
async def test_what_is_not_there_is_404(path: str) -> None:
    async with calling(eventful()) as ask:
        assert (await ask.below(path)).status == 404
        assert (await ask("/repos/acme/other")).status == 404


async def test_a_former_name_redirects_with_its_query() -> None:
    async with calling(history(run(1), former_names=("acme/old",))) as ask:
        moved = await ask("/repos/acme/old/actions/runs?per_page=1")
        assert moved.status == 301
        assert moved.headers["location"] == f"{ask.server.url}/repositories/42/actions/runs?per_page=1"
        assert (await ask(moved.headers["location"])).data["total_count"] == 1


AGAIN = START + 3 * DAY


def rerun(way: Inheritance) -> Iterator[Attempt]:
    """Two jobs, of which one failed; three days later it alone is run again."""
    yield Attempt(START, (job(11, START), job(12, START, conclusion="failure")))
    created = AGAIN + 1 if way is Inheritance.RECREATE else START
    kept = replace(job(21, START, name="job 11", inherited=way), created_at=created)
    yield Attempt(AGAIN, (kept, job(22, AGAIN, name="job 12")))


@pytest.mark.parametrize("way", list(Inheritance))
async def test_a_partial_rerun_lists_inherited_jobs_in_githubs_three_ways(way: Inheritance) -> None:
    async with calling(history(run(1, START, *rerun(way)))) as ask:
        listed = (await ask.below("/actions/runs/1/attempts/2/jobs")).data["jobs"]
        assert {item["run_attempt"] for item in listed} == {2}
        own = listed[-1]
        assert (own["id"], own["started_at"]) == (22, "2026-01-08T12:00:10Z")
        times = [(item["id"], item["created_at"], item["started_at"]) for item in listed[:-1]]
        assert (
            times
            == {
                Inheritance.KEEP: [(21, "2026-01-05T12:00:00Z", "2026-01-05T12:00:10Z")],
                Inheritance.OMIT: [],
                Inheritance.RECREATE: [(21, "2026-01-08T12:00:01Z", "2026-01-05T12:00:10Z")],
            }[way]
        )
        first = (await ask.below("/actions/runs/1/attempts/1/jobs")).data["jobs"]
        assert [item["id"] for item in first] == [11, 12]


async def test_a_run_is_queued_goes_completes_and_is_run_again_days_later() -> None:
    async with calling(history(run(1, START, *rerun(Inheritance.KEEP))), now=START - 1) as ask:
        assert await ids(ask, "") == []
        states = []
        for moment in (START, START + 20, START + 100, AGAIN, AGAIN + 20, AGAIN + 100):
            ask.clock.now = moment
            state = (await ask.below("/actions/runs/1")).data
            states.append((state["run_attempt"], state["status"], state["conclusion"]))
        assert states == [
            (1, "queued", None),
            (1, "in_progress", None),
            (1, "completed", "failure"),
            (2, "queued", None),
            (2, "in_progress", None),
            (2, "completed", "success"),
        ]
        assert state["created_at"] == "2026-01-05T12:00:00Z"
        assert state["run_started_at"] == "2026-01-08T12:00:00Z"
        assert state["updated_at"] == "2026-01-08T12:01:40Z"
        assert state["previous_attempt_url"].endswith("/actions/runs/1/attempts/1")
        older = (await ask.below("/actions/runs/1/attempts/1")).data
        assert (older["run_attempt"], older["conclusion"], older["previous_attempt_url"]) == (
            1,
            "failure",
            None,
        )


async def test_jobs_and_steps_move_with_the_clock() -> None:
    async with calling(eventful(), now=START + 15) as ask:
        (found,) = (await ask.below("/actions/runs/1/attempts/1/jobs")).data["jobs"]
        assert (found["status"], found["completed_at"]) == ("in_progress", None)
        assert [step["status"] for step in found["steps"]] == ["in_progress", "queued"]
        assert (await ask.below("/check-runs/1/annotations")).data is None
        ask.clock.now = LATER
        (found,) = (await ask.below("/actions/runs/1/attempts/1/jobs")).data["jobs"]
        assert [step["conclusion"] for step in found["steps"]] == ["success", "failure"]
        (check,) = (await ask.below("/check-suites/500000001/check-runs")).data["check_runs"]
        assert (check["id"], check["output"]["annotations_count"]) == (1, 3)


async def test_artifacts_are_paged_newest_first() -> None:
    artifacts = tuple(Artifact(number, f"a{number}", START + number) for number in range(1, 36))
    one = run(1, START, Attempt(START, (job(1, START, artifacts=artifacts),)))
    async with calling(history(one, run(2))) as ask:
        first = await ask.below("/actions/artifacts")
        second = await ask(links(first.headers["link"])["next"])
        found = [item["id"] for reply in (first, second) for item in reply.data["artifacts"]]
        assert found == list(range(35, 0, -1))
        assert (len(first.data["artifacts"]), first.data["total_count"]) == (30, 35)
        assert (await ask.below("/actions/runs/2/artifacts")).data["total_count"] == 0
        ask.clock.now = START + 3
        assert (await ask.below("/actions/artifacts")).data["total_count"] == 3


async def test_a_download_is_on_a_second_origin_that_takes_no_authorization() -> None:
    async with calling(eventful()) as ask:
        found = await ask.below("/actions/artifacts/1/zip")
        location = found.headers["location"]
        assert found.status == 302
        assert location.startswith(ask.server.storage_url)
        assert ask.server.storage_url != ask.server.url
        assert (await ask(location)).status == 400
        assert (await ask(location.partition("?")[0], token="")).status == 403
        content = await ask(location, token="")
        assert (content.status, content.data) == (200, b"zip")


async def test_an_expired_artifact_is_gone() -> None:
    async with calling(eventful()) as ask:
        assert (await ask.below("/actions/artifacts/2/zip")).status == 410
        assert (await ask.below("/actions/artifacts/3/zip")).status == 404
