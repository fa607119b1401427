"""`ci-health init`: asks for repositories and a token, checks them, and writes the settings file."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from etl.errors import ConfigurationError, RateLimitedError, RetriableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etl.settings import Settings

_HEAD = """\
# Settings of ci-health. docs/configuration.md describes all of them, and `ci-health check` tries these.
"""


def init(
    context: typer.Context,
    repositories: Annotated[
        list[str] | None,
        typer.Argument(metavar="OWNER/NAME", help="Repositories to read; asked for if there are none."),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the GitHub token, `-`: standard input. Default: $GITHUB_TOKEN, else asked for."
        ),
    ] = None,
    save_token: Annotated[
        bool, typer.Option("--save-token", help="Write the token into the settings file, too.")
    ] = False,
    since: Annotated[
        str, typer.Option(help="How far the first sync reaches back: a date, or `30d`.")
    ] = "30d",
) -> None:
    """Write the settings file, for repositories and a token that GitHub accepts; say what a sync will cost."""
    from etl.settings import settings_file

    file = settings_file(context.obj.config)
    if os.path.lexists(file):
        raise ConfigurationError(
            f"{file} exists already: edit it, or write another with `ci-health --config FILE init`"
        )
    own = _settings(context, {})
    names = repositories or list(own.repositories) or _asked_repositories()
    token, is_new = ("", False) if own.github.app else _token(own, token_file)
    chosen: dict[str, Any] = {"repositories": names, "since": since}
    settings = _settings(context, chosen | ({"github": {"token": token}} if token else {}))
    settings.require_source()
    if settings.globs:
        raise ConfigurationError(
            f"{settings.globs[0]} is a pattern: name a repository, and edit {file} later"
        )
    typer.echo(asyncio.run(_checked(settings)))
    saved = is_new and (save_token or _confirmed(file))
    _write(file, chosen | ({"github": {"token": token}} if saved else {}))
    typer.echo(f"written: {file}" + (", with the token: keep it out of version control" if saved else ""))
    typer.echo(_next(is_exported=not is_new, saved=saved, is_default=file == settings_file(None), file=file))


def _settings(context: typer.Context, overrides: dict[str, Any]) -> Settings:
    """The settings without a file, since it is to be written."""
    from etl import log
    from etl.settings import load

    level = {"log": {"level": "debug" if context.obj.debug else "error"}}
    settings = load(file=Path(os.devnull), overrides=overrides | level)
    log.configure(settings.log)
    return settings


def _asked_repositories() -> list[str]:
    from etl.cli.asked import repository_of_remote

    if not sys.stdin.isatty():
        raise ConfigurationError("which repositories? Name them: `ci-health init owner/name`")
    here = repository_of_remote(Path.cwd())
    text: str = typer.prompt(
        "Repositories, as owner/name, with blanks between", default=here or None, err=True
    )
    return text.replace(",", " ").split()


def _token(settings: Settings, file: Path | None) -> tuple[str, bool]:
    """The token, and whether it is not in the environment yet."""
    if file is not None:
        try:
            text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise ConfigurationError(f"the token's file {file} cannot be read: {reason}") from None
        return text.strip(), True
    if settings.github.token is not None:
        return "", False
    if not sys.stdin.isatty():
        raise ConfigurationError("no GitHub token: set GITHUB_TOKEN, or name its file with --token-file")
    typer.echo("A token that may read them: https://github.com/settings/tokens", err=True)
    return str(typer.prompt("Token (it is not shown)", hide_input=True, err=True)).strip(), True


def _confirmed(file: Path) -> bool:
    return sys.stdin.isatty() and typer.confirm(
        f"Write the token into {file}, which only you may read?", default=False, err=True
    )


async def _checked(settings: Settings) -> str:
    """Ask GitHub for each repository and its runs; returns what there is to read, and what that costs."""
    from etl.app import impatient
    from etl.extract.github.accounts import Accounts
    from etl.extract.github.client import RepositoryClient
    from etl.extract.github.repositories import get_repository
    from etl.extract.github.runs import count_runs
    from etl.extract.github.windows import Window, day_windows
    from etl.model.clock import local_time
    from etl.pipeline.first_sync import first_sync
    from etl.settings import parse_since

    now = datetime.now(UTC)
    since = parse_since(settings.since, now)
    window = Window(int(since.timestamp()), int(now.timestamp()))
    runs = {}
    try:
        async with Accounts(impatient(settings).github) as accounts:
            await accounts.refresh()
            for name in settings.repositories:
                client = RepositoryClient(accounts.of(name), name)
                await get_repository(client)
                runs[name] = await count_runs(client, window)
            budget = accounts.of(settings.repositories[0]).budget
    except RateLimitedError as error:
        then = local_time(time.time() + (error.retry_after or 0.0))
        raise RetriableError(f"{error.reason} until {then}: run `ci-health init` again then") from None
    days = len(day_windows(window.start, window.stop))
    cost = first_sync(runs.values(), days, budget, settings.github.reserve)
    left = f" ({budget.remaining:,} of {budget.limit:,} an hour are left)" if budget.limit else ""
    found = [f"{name}: {count:,} runs since {since:%F}" for name, count in runs.items()]
    takes = f"about {cost.requests:,} requests{left} and {_duration(cost.seconds)}"
    return "\n".join([*found, f"The first sync takes {takes}; later ones read only what is new"])


def _duration(seconds: int) -> str:
    minutes = max(1, round(seconds / 60))
    if minutes == 1:
        return "a minute"
    return f"{minutes} minutes" if minutes < 60 else f"{round(minutes / 60)} h"  # noqa: PLR2004


def _write(file: Path, content: dict[str, Any]) -> None:
    """Create the file for its owner only; raises ConfigurationError if it exists or cannot be created."""
    import yaml

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "w", encoding="utf-8") as stream:
            stream.write(_HEAD + yaml.safe_dump(content, sort_keys=False))
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from None


def _next(*, is_exported: bool, saved: bool, is_default: bool, file: Path) -> str:
    """What to do next."""
    steps: Sequence[str] = [
        *([] if is_exported or saved else ["`export GITHUB_TOKEN=…`"]),
        *([] if is_default else [f"`export CI_HEALTH_CONFIG={file}`"]),
        "`ci-health sync`",
        "`ci-health show`",
    ]
    return f"next: {', then '.join(steps)}"
