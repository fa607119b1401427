"""The digest: what it has, how long it is, and how chats get it."""

import json
import re
from typing import Any

import pytest

from etl.report.chat import Chat, chat_of, message
from etl.report.digest import Digest, digest, lines, to_json, to_markdown
from tests.report.answers import HOSTILE, OVERVIEW, PERIOD, finding

OLD = "2026-04-02T08:00:00Z"
NAMES = ["acme/rocket"]


def made(*findings: dict[str, Any], overview: dict[str, Any] | None = OVERVIEW) -> Digest:
    answers = {"overview": [overview] if overview else [], "findings": findings}
    return digest(answers, PERIOD, NAMES)


def test_what_began_ended_and_costs_most_each_once() -> None:
    found = made(
        finding("slower", 90, job="build", since=OLD),
        finding("broken", 3, job="deploy"),
        finding("flaky", 40, name="test_orbit", since=OLD, until="2026-05-30T08:00:00Z"),
        finding("faster", 500, job="lint"),
        # Explained by the job.
        finding("broken", 3, level="workflow", job=None),
    )
    assert to_markdown(found).splitlines() == [
        "**CI of acme/rocket, last 30 days**: 412 runs, 87.1 % succeeded, 7 flaky tests",
        "",
        (
            "- began: [**deploy**](https://github.com/acme/rocket/compare/a...b) in CI is broken since "
            "fedcba9876 (May 29), red 13 times; about 3 min a week."
        ),
        r"- ended: **test\_orbit** in CI › unit is no longer flaky: it began Apr 2 and ended May 30.",  # noqa: RUF001
        (
            "- costs most: [**build**](https://github.com/acme/rocket/compare/a...b) in CI is slower since "
            "fedcba9876 (Apr 2): 5m 56s → 8m 30s (+25 %); about 1.5 h a week."
        ),
    ]


@pytest.mark.parametrize("kinds", [("began",), ("ended",), ("costs most",), ("began", "ended", "costs most")])
def test_it_has_at_most_fifteen_lines_and_says_how_much_is_left_out(kinds: tuple[str, ...]) -> None:
    dates = {
        "began": {},
        "ended": {"until": "2026-05-30T08:00:00Z"},
        "costs most": {"since": OLD},
    }
    rows = [finding("flaky", 9, name=f"{kind} {n}", **dates[kind]) for kind in kinds for n in range(20)]
    found = made(*rows)
    text = to_markdown(found)
    assert len(text.splitlines()) <= 15
    assert {word for word, _ in found.items()} == set(kinds)
    assert f"and {20 * len(kinds) - len(found.items())} more" in text


def test_a_calm_week_and_an_empty_store() -> None:
    assert "Nothing began or ended" in to_markdown(made())
    assert "nothing ran" in to_markdown(made(overview=None))


def test_programs_get_an_object() -> None:
    content = json.loads(to_json(made(finding("broken", 3, job="deploy##[x]"))))
    assert content["began"][0]["name"] == "deploy##[x]"
    assert (content["ended"], content["costly"], content["more"]) == ([], [], 0)
    assert "##[" not in to_json(made(finding("broken", 3, job="deploy##[x]")))


@pytest.mark.parametrize(
    ("url", "chat"),
    [
        ("https://hooks.slack.com/services/T/B/x", "slack"),
        ("https://discord.com/api/webhooks/1/x", "discord"),
        ("https://acme.webhook.office.com/webhookb2/x", "teams"),
        ("https://prod-01.westeurope.logic.azure.com:443/workflows/x", "teams"),
        ("https://chat.acme.example/hooks/x", "mattermost"),
        ("https://hooks.slack.com.evil.example/x", "mattermost"),
    ],
)
def test_the_chat_is_told_by_the_host(url: str, chat: str) -> None:
    assert chat_of(url) == chat


SPEAKING = f"<!channel> @everyone [x](https://evil.example) *b* {HOSTILE}"


@pytest.mark.parametrize("chat", Chat)
def test_no_name_mentions_links_or_formats_in_a_chat(chat: Chat) -> None:
    found = made(finding("flaky", 4, name=SPEAKING))
    body = message(found, chat)
    texts = list(strings(body))
    assert not [text for text in texts if re.search(r"[\x00-\x08\x1b\x9b\u202e]", text)]
    match chat:
        case Chat.SLACK | Chat.TEAMS:
            # As text of an element, where nothing is markup.
            assert [text for text in texts if text.startswith("<!channel> @everyone")]
            assert "<!channel>" not in body.get("text", "")
        case Chat.MATTERMOST | Chat.DISCORD:
            text = body["text"] if chat is Chat.MATTERMOST else body["embeds"][0]["description"]
            assert "@everyone" not in text
            assert "](https://evil" not in text
            assert "<!" not in text
    if chat is Chat.DISCORD:
        assert body["allowed_mentions"] == {"parse": []}


def test_a_message_fits_into_what_discord_takes() -> None:
    found = made(*(finding("flaky", 4, name=f"{n}{'[]' * 500}", job="()" * 500) for n in range(20)))
    text = message(found, Chat.DISCORD)["embeds"][0]["description"]
    assert len(text) <= 4_096
    shown = text.count("- began")
    assert shown > 0
    assert f"and {20 - shown} more" in text


def test_slack_and_teams_get_every_line() -> None:
    found = made(finding("broken", 3, job="deploy"), finding("slower", 9, job="build"))
    heading, bullets = message(found, Chat.SLACK)["blocks"][0]["elements"]
    assert heading["elements"][0]["style"] == {"bold": True}
    assert len(bullets["elements"]) == len(lines(found)) - 1
    assert {"type": "link", "url": "https://github.com/acme/rocket/compare/a...b"}.items() <= bullets[
        "elements"
    ][0]["elements"][1].items()
    card = message(found, Chat.TEAMS)["attachments"][0]["content"]
    assert len(card["body"]) == len(lines(found))
    assert card["body"][1]["inlines"][1]["selectAction"]["url"].endswith("a...b")


def strings(node: Any) -> Any:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from strings(child)
