"""A digest as the message that an incoming webhook of a chat takes. Pure functions.

Slack and Teams get text as plain text in a structure, where nothing from CI is markup; Mattermost and Discord
get escaped Markdown.

Sources: Slack, "Block Kit: rich text"; Microsoft, "Adaptive Cards: RichTextBlock"; Discord, "Execute Webhook";
Mattermost, "Incoming webhooks".
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from etl.report.digest import Digest, Line, Part, lines, to_markdown

# The longest description of an embed, and the longest post.
_MAX_DISCORD, _MAX_MATTERMOST = 4_096, 16_383
_HOSTS: Final[Mapping[str, str]] = {
    "hooks.slack.com": "slack",
    "hooks.slack-gov.com": "slack",
    "discord.com": "discord",
    "discordapp.com": "discord",
}
_TEAMS: Final = (".webhook.office.com", ".logic.azure.com", ".powerplatform.com", ".powerautomate.com")


class Chat(StrEnum):
    """Chats whose incoming webhooks are known."""

    SLACK = "slack"
    TEAMS = "teams"
    MATTERMOST = "mattermost"
    DISCORD = "discord"


def chat_of(url: str) -> Chat:
    """The chat that a webhook's URL belongs to; Mattermost, which has no host of its own, if it is unknown."""
    host = urlsplit(url).hostname or ""
    if host.endswith(_TEAMS):
        return Chat.TEAMS
    return Chat(_HOSTS.get(host, Chat.MATTERMOST))


def message(found: Digest, chat: Chat) -> dict[str, Any]:
    """The body of the request, as JSON."""
    return _MESSAGES[chat](found)


def _slack(found: Digest) -> dict[str, Any]:
    heading, *items = ([_slack_part(part) for part in line] for line in lines(found))
    sections = [{"type": "rich_text_section", "elements": item} for item in items]
    rich_text = [
        {"type": "rich_text_section", "elements": heading},
        {"type": "rich_text_list", "style": "bullet", "elements": sections},
    ]
    # The text is what notifications show.
    return {"text": _plain(lines(found)[0]), "blocks": [{"type": "rich_text", "elements": rich_text}]}


def _slack_part(part: Part) -> dict[str, Any]:
    style = {"style": {"bold": True}} if part.bold else {}
    if part.url:
        return {"type": "link", "url": part.url, "text": part.text, **style}
    return {"type": "text", "text": part.text, **style}


def _teams(found: Digest) -> dict[str, Any]:
    body = [
        {"type": "RichTextBlock", "inlines": [_teams_part(part) for part in line]} for line in lines(found)
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}


def _teams_part(part: Part) -> dict[str, Any]:
    weight = {"weight": "Bolder"} if part.bold else {}
    action = {"selectAction": {"type": "Action.OpenUrl", "url": part.url}} if part.url else {}
    return {"type": "TextRun", "text": part.text, **weight, **action}


def _mattermost(found: Digest) -> dict[str, Any]:
    return {"text": to_markdown(found, _MAX_MATTERMOST)}


def _discord(found: Digest) -> dict[str, Any]:
    # Nobody is notified, whatever a name mentions.
    return {"embeds": [{"description": to_markdown(found, _MAX_DISCORD)}], "allowed_mentions": {"parse": []}}


def _plain(line: Line) -> str:
    """The line for Slack's notifications, with the characters that begin its markup escaped."""
    text = "".join(part.text for part in line)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_MESSAGES: Final[Mapping[Chat, Callable[[Digest], dict[str, Any]]]] = {
    Chat.SLACK: _slack,
    Chat.TEAMS: _teams,
    Chat.MATTERMOST: _mattermost,
    Chat.DISCORD: _discord,
}
