"""The checks of `ci-health check`: each yields findings."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from etl.errors import BusyError, CiHealthError, RateLimitedError, RetriableError
from etl.extract.github.annotations import annotated_jobs
from etl.extract.github.kinds import sentence
from etl.extract.github.runs import newest_run
from etl.model.clock import local_time
from etl.model.open_pieces import DAY_S
from etl.model.rate_limit import Budget, Wait
from etl.pipeline.artifact_checks import artifact_findings
from etl.pipeline.cardinality import too_many
from etl.pipeline.comment import require_permission
from etl.pipeline.context import Pipeline
from etl.pipeline.metric_series import count_series
from etl.pipeline.tag_settings import READING, outdated_text
from etl.settings import Settings

_DEAD_LETTERS_SHOWN = 3
_OPEN_SHOWN = 5
_ARTIFACTS_S = 14 * 86_400


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check; `good` is None for information that is neither right nor wrong."""

    subject: str
    good: bool | None
    text: str


async def findings(pipeline: Pipeline) -> AsyncIterator[Finding]:
    """Run all checks, one after another."""
    names, found = await _names(pipeline)
    yield found
    for finding in [*_folder(pipeline.settings), *await pipeline.state.call(_state, pipeline)]:
        yield finding
    for name in names:
        async for finding in _asked(pipeline, name):
            yield finding
        for finding in await pipeline.state.call(_known_of, pipeline, name):
            yield finding
    if pipeline.clock.is_wrong:
        yield Finding("clock", False, str(pipeline.clock))
    spent = pipeline.accounts.kinds()
    for account, budget in pipeline.accounts.budgets():
        yield _rate_limit(pipeline, account, budget, spent[account])
    store = await _store(pipeline)
    yield store
    if store.good and pipeline.settings.http.enabled:
        yield await _metrics(pipeline)


async def _names(pipeline: Pipeline) -> tuple[Sequence[str], Finding]:
    try:
        names = await pipeline.repositories.names()
    except RateLimitedError as error:
        text = f"{error.reason}: ask again at {_then(pipeline, error.retry_after)}"
        return (), Finding("repositories", False, text)
    except CiHealthError as error:
        return (), Finding("repositories", False, str(error))
    return names, Finding("configuration", True, f"{len(names)} repositories")


def _folder(settings: Settings) -> list[Finding]:
    """A finding if the data folder cannot be written to, or created."""
    folder = settings.data_dir.absolute()
    nearest = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return []
    text = f"{folder} cannot be used, since {nearest} is no folder to write to: set data_dir"
    return [Finding("data folder", False, text)]


def _state(pipeline: Pipeline) -> list[Finding]:
    if pipeline.state.absent:
        return [Finding("state", None, pipeline.state.absent)]
    backlog = pipeline.state.outbox.backlog()
    found = [Finding("state", True, f"{backlog.points} points wait in the outbox")]
    if backlog.dead_letters:
        reasons = "; ".join(pipeline.state.outbox.reasons(_DEAD_LETTERS_SHOWN))
        text = (
            f"{backlog.dead_letters} points were rejected by the store: {reasons}. Fix the cause, then "
            "`ci-health dead-letters retry`, or `discard` them"
        )
        found.append(Finding("dead letters", False, text))
    metadata = pipeline.state.metadata
    if outdated := metadata.changed_reading(READING):
        found.append(Finding("rules", None, outdated_text(outdated)))
    changed = metadata.changed_naming(pipeline.settings)
    if changed:
        text = f"{', '.join(changed)} changed: `backfill --replace` renames, `sync --accept` accepts"
        found.append(Finding("naming", False, text))
    return found


async def _asked(pipeline: Pipeline, name: str) -> AsyncIterator[Finding]:
    """What the source answers; nothing where GitHub allows no requests now, which the rate limit's finding says."""
    if (
        pipeline.source(name).github is not None
        and _pause(pipeline, pipeline.accounts.of(name).budget).seconds
    ):
        return
    with suppress(RateLimitedError):
        try:
            yield await _repository(pipeline, name)
        except RateLimitedError:
            raise
        except RetriableError as error:
            # Asking for more would only take longer.
            yield Finding(name, False, str(error))
            return
        except CiHealthError as error:
            yield Finding(name, False, str(error))
        async for finding in _artifacts(pipeline, name):
            yield finding
        if pipeline.settings.http.webhooks.comments:
            async for finding in _comments(pipeline, name):
                yield finding


async def _repository(pipeline: Pipeline, name: str) -> Finding:
    source = pipeline.source(name)
    repository, _ = await source.repository()
    client = source.github
    run = None if client is None else await newest_run(client)
    if client is not None and run is not None and run.check_suite_id is not None:
        await annotated_jobs(client, run.check_suite_id)
    renamed = repository is not None and repository.full_name.lower() != name.lower()
    note = f"; it is called {repository.full_name} now" if repository and renamed else ""
    return Finding(name, True, await pipeline.state.call(_progress, pipeline, name) + note)


def _progress(pipeline: Pipeline, name: str) -> str:
    if pipeline.state.absent:
        return "can be read"
    known = pipeline.state.repositories.get(name)
    cursor = known.cursor if known else None
    return "never synced" if cursor is None else f"read up to {datetime.fromtimestamp(cursor, UTC):%F %R} UTC"


async def _artifacts(pipeline: Pipeline, name: str) -> AsyncIterator[Finding]:
    since = int(pipeline.clock()) - _ARTIFACTS_S
    try:
        async for good, text in artifact_findings(pipeline.source(name), pipeline.settings, since):
            yield Finding(name, good, text)
    except RateLimitedError:
        raise
    except CiHealthError as error:
        yield Finding(name, False, f"artifacts: {error}")


async def _comments(pipeline: Pipeline, name: str) -> AsyncIterator[Finding]:
    """Whether comments can be written on pull requests; nothing of a repository on another server."""
    client = pipeline.source(name).github
    if client is None:
        return
    try:
        is_certain = await require_permission(client)
    except RateLimitedError:
        raise
    except CiHealthError as error:
        yield Finding(name, False, f"http.webhooks.comments is on, and {error}")
        return
    if is_certain:
        yield Finding(name, True, "comments can be written on pull requests")
    else:
        yield Finding(name, None, "whether comments can be written shows once there is a pull request")


def _known_of(pipeline: Pipeline, name: str) -> list[Finding]:
    return [*_open_pieces(pipeline, name), *_cardinality(pipeline, name), *_webhooks(pipeline, name)]


def _open_pieces(pipeline: Pipeline, name: str) -> list[Finding]:
    """What could not be read yet; no problem if it is less than a day old, since it is often read later."""
    known = pipeline.state.repositories.get(name)
    pieces = [] if known is None else pipeline.state.open_pieces.of_repository(known.id)
    if not pieces:
        return []
    oldest = min(piece.since for piece in pieces)
    shown = "; ".join(f"{piece.name}: {piece.reason}" for piece in pieces[:_OPEN_SHOWN])
    text = (
        f"{len(pieces)} open since {datetime.fromtimestamp(oldest, UTC):%F %R} UTC, asked for again from "
        f"{datetime.fromtimestamp(pieces[0].next_at, UTC):%F %R} UTC: {shown}"
    )
    is_new = pipeline.clock() - oldest < DAY_S
    return [Finding(name, None if is_new else False, text)]


def _cardinality(pipeline: Pipeline, name: str) -> list[Finding]:
    known = pipeline.state.repositories.get(name)
    if known is None:
        return []
    found = too_many(pipeline.state.distinct, pipeline.settings, known.id)
    return [Finding(name, False, text) for _, text in found]


def _webhooks(pipeline: Pipeline, name: str) -> list[Finding]:
    if pipeline.settings.http.webhooks.secret is None:
        return []
    newest = pipeline.state.deliveries.newest(name)
    if newest is None:
        text = "no webhook has arrived in the last days: GitHub's Recent Deliveries tell why"
        return [Finding(name, None, text)]
    return [
        Finding(name, True, f"the last webhook arrived at {datetime.fromtimestamp(newest, UTC):%F %R} UTC")
    ]


def _rate_limit(pipeline: Pipeline, account: str, budget: Budget, spent: Mapping[str, int]) -> Finding:
    pause = _pause(pipeline, budget)
    if pause.seconds:
        text = f"{pause.reason}: requests of {account} go on at {_then(pipeline, pause.seconds)}"
        return Finding("rate limit", False, text)
    if budget.remaining is None or budget.limit is None:
        return Finding("rate limit", None, f"GitHub reports none for {account}")
    reserve = pipeline.settings.github.reserve
    left = f"{budget.remaining} of {budget.limit} requests left for {account}, {reserve} reserved"
    return Finding("rate limit", budget.remaining > reserve, f"{left}; these checks sent {sentence(spent)}")


def _pause(pipeline: Pipeline, budget: Budget) -> Wait:
    return budget.pause(pipeline.settings.github.reserve, pipeline.clock())


def _then(pipeline: Pipeline, seconds: float | None) -> str:
    return local_time(pipeline.clock() + (seconds or 0.0))


async def _store(pipeline: Pipeline) -> Finding:
    store = pipeline.store
    if store.is_missing:
        return Finding("store", None, f"nothing is stored in {store.address}: `ci-health sync` creates it")
    try:
        await store.probe()
    except BusyError:
        text = f"another process writes to {store.address} at the moment: it was not opened"
        return Finding("store", None, text)
    except CiHealthError as error:
        return Finding("store", False, str(error))
    return Finding("store", True, store.address)


async def _metrics(pipeline: Pipeline) -> Finding:
    try:
        found = await count_series(pipeline)
    except BusyError:
        return Finding(
            "metrics", None, "another process writes to the store at the moment: they were not counted"
        )
    except CiHealthError as error:
        return Finding("metrics", None, str(error))
    most = pipeline.settings.http.series
    text = f"workflows: {found.workflows}, groups of jobs: {found.job_groups}"
    combined = sum(max(0, number - most) for number in found)
    if combined:
        text += f"; {combined} of them are combined as `other`: set http.series to {max(found)} or more"
    return Finding("metrics", None if combined else True, text)
