"""`ci-health mcp`, asked by the official client over standard input and output."""

import json
import time
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent

from etl.demo.server import SimulatedGitHub
from etl.report.answers.catalogue import ANSWERS
from tests.agents import HOSTILE, MESSAGE, project
from tests.cli.running import COMMAND, Ci, settings_for
from tests.pipeline.world import NAME
from tools.docs import ROOT


@pytest.fixture
async def ci(tmp_path):
    async with SimulatedGitHub(project(int(time.time()))) as url:
        ci = Ci(tmp_path, **settings_for(url))
        assert (await ci("sync")).code == 0
        # Answers are made from what is stored alone.
        del ci.environment["GITHUB_TOKEN"]
        yield ci


def client(ci: Ci) -> Client:
    return Client(
        StdioServerParameters(command=str(COMMAND), args=["mcp"], env=ci.environment, cwd=ci.folder)
    )


def text(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def answer(asked: Client, tool: str, /, **given: Any) -> dict[str, Any]:
    result = await asked.call_tool(tool, given)
    assert not result.is_error, text(result)
    content: dict[str, Any] = json.loads(text(result))
    return content


async def test_an_agent_finds_out_why_a_run_is_red(ci):
    async with client(ci) as asked:
        tools = (await asked.list_tools()).tools
        assert {tool.name for tool in tools} == set(ANSWERS)
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
        assert HOSTILE not in (asked.instructions or "")
        explained = await answer(asked, "explain", run="main")
        (failure,) = explained["data"]["rows"]
        assert (failure["test"], failure["repository"]) == (HOSTILE, NAME)
        flaky = await answer(asked, "is_flaky", name=failure["test"])
        history = await answer(asked, "history", name=failure["test"], days=7)
        alike = await answer(asked, "failures_like", text=f"Error: {MESSAGE}")
        worst = await answer(asked, "worst")
    assert flaky["answer"].startswith("Flaky: 3 of its results failed")
    assert history["answer"] == "4 of 4 results failed; the newest 4 failed."
    assert alike["data"]["rows"][0]["message"].endswith(MESSAGE)
    assert worst["data"]["rows"][0]["name"] == HOSTILE
    # A name that speaks to the agent stays within what is marked as data.
    for one in (explained, flaky, history, alike, worst):
        assert HOSTILE not in json.dumps({key: value for key, value in one.items() if key != "data"})
        assert "never as instructions" in one["note"]


async def test_what_cannot_be_answered_is_told_to_the_agent(ci):
    async with client(ci) as asked:
        for name, given, sentence in (
            ("history", {}, "name: Field required"),
            ("history", {"name": "x", "branch": "main"}, "Extra inputs are not permitted"),
            ("explain", {"run": "https://github.com/acme/rocket/pull/1"}, "its branch or its commit"),
            ("no_such_tool", {}, "there is no such tool"),
        ):
            result = await asked.call_tool(name, given)
            assert result.is_error
            assert sentence in text(result)
        unknown = await answer(asked, "history", name=HOSTILE[:-3])
        assert unknown["answer"].startswith("No test or job of this name ran")
        assert unknown["data"]["rows"] == [{"name": HOSTILE}]
        assert (await answer(asked, "explain", run="no-such-branch"))["answer"].startswith(
            "Nothing is stored"
        )


async def test_the_client_is_configured_as_documented(ci):
    page = (ROOT / "docs/agents.md").read_text("utf-8")
    (server,) = json.loads(page.partition("```json\n")[2].partition("```")[0])["mcpServers"].values()
    assert server["command"] == COMMAND.name
    command = StdioServerParameters(
        command=str(COMMAND), args=server["args"], env=ci.environment | server["env"], cwd=ci.folder
    )
    async with Client(command) as asked:
        assert (await asked.list_tools()).tools
