"""The examples of docs/agents.md work as they stand."""

import json
import re
from pathlib import Path
from typing import Any

from etl.report.answers.catalogue import ANSWERS
from tests import agents
from tests.agents import project
from tests.http.serving import served
from tests.pipeline.world import NOON, simulated
from tools.docs import ROOT

PAGE = (ROOT / "docs/agents.md").read_text("utf-8")
URLS = re.findall(r'curl -s "?http://127\.0\.0\.1:8080(/[^"\s]+)', PAGE)


def plain(content: Any) -> Any:
    """The content with links as a test cannot choose them."""
    return json.loads(
        re.sub(r"https?://[\w.:]+/(\w+/\w+)/actions/runs/\d+/job/\d+", r"\1", json.dumps(content))
    )


async def test_every_request_is_answered_as_it_is_shown(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(agents, "HOSTILE", "test_orbit")
    shown = json.loads(re.findall(r"```text\n(\{.*?)```", PAGE, re.DOTALL)[0])
    async with simulated(tmp_path, project(NOON)) as world:
        await world.sync_well()
        async with served(world) as service:
            answers = {url: await service.get(url) for url in URLS}
    assert {url.partition("?")[0].rpartition("/")[2] for url in URLS} == set(ANSWERS)
    assert [answer.status for answer in answers.values()] == [200] * len(URLS)
    assert plain(answers[URLS[0]].json) == plain(shown)


def test_every_answer_and_parameter_is_documented() -> None:
    for answerer in ANSWERS.values():
        (row,) = (line for line in PAGE.splitlines() if line.startswith(f"| `{answerer.name}` |"))
        own = set(answerer.takes.model_fields) - {"repository", "tokens"}
        assert {name for name in own if f"`{name}`" not in row} == set()
