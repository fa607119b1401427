"""`ci-health digest`: what began, what ended and what costs most, as text or into a chat."""

from __future__ import annotations

import asyncio
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from etl.cli.common import Days, Repository, ask_configured, load_settings
from etl.errors import ConfigurationError

if TYPE_CHECKING:
    from etl.settings import Settings

_SETTING = "digest.url"


class Form(StrEnum):
    """Output formats."""

    MARKDOWN = "markdown"
    JSON = "json"


class ToChat(StrEnum):
    """Chats; `auto` tells them by the URL."""

    AUTO = "auto"
    SLACK = "slack"
    TEAMS = "teams"
    MATTERMOST = "mattermost"
    DISCORD = "discord"


def digest(
    context: typer.Context,
    days: Days = 7,
    repository: Repository = "",
    form: Annotated[Form, typer.Option("--format", help="Output format.")] = Form.MARKDOWN,
    post: Annotated[
        str,
        typer.Option(
            help=f"Send it to this incoming webhook instead; `{_SETTING}`: to the one in the settings, which keeps "
            "the secret URL out of the list of processes.",
        ),
    ] = "",
    chat: Annotated[ToChat, typer.Option(help="The chat that --post sends to.")] = ToChat.AUTO,
) -> None:
    """What began, what ended and what costs most: at most 15 lines."""
    from etl.load.chat import post as send
    from etl.report.ask import last_days, parameters
    from etl.report.chat import Chat, chat_of, message
    from etl.report.digest import DIGESTED, to_json, to_markdown
    from etl.report.digest import digest as made

    settings = load_settings(context)
    url = _url(settings, post) if post else ""
    period = last_days(days, time.time())
    answers = asyncio.run(ask_configured(settings, DIGESTED, parameters(period, repository)))
    found = made(answers, period, [repository] if repository else settings.repositories)
    if not url:
        typer.echo(to_json(found) if form is Form.JSON else to_markdown(found), nl=False)
        return
    is_by_setting = post == _SETTING and chat is ToChat.AUTO
    named = settings.digest.chat if is_by_setting else str(chat)
    asyncio.run(send(url, message(found, chat_of(url) if named == "auto" else Chat(named))))
    typer.echo("digest: sent")


def _url(settings: Settings, post: str) -> str:
    """The webhook's URL; raises ConfigurationError, which does not quote it."""
    from etl.settings.values import webhook_address

    if post != _SETTING:
        try:
            return webhook_address(post)
        except ValueError as error:
            raise ConfigurationError(f"--post {error}") from None
    if settings.digest.url is None:
        raise ConfigurationError(
            "no webhook is configured: set CI_HEALTH_DIGEST__URL, or the path of a file with it in "
            "CI_HEALTH_DIGEST__URL_FILE"
        )
    return settings.digest.url.get_secret_value()
