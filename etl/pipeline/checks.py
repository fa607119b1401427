"""The checks of `ci-health check`: each yields findings."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from etl.errors import CiHealthError
from etl.extract.github.annotations import annotated_jobs
from etl.extract.github.kinds import sentence
from etl.extract.github.repositories import get_repository
from etl.extract.github.runs import newest_run
from etl.model.open_pieces import DAY_S
from etl.model.rate_limit import Budget
from etl.pipeline.artifact_checks import artifact_findings
from etl.pipeline.cardinality import too_many
from etl.pipeline.context import Pipeline
from etl.pipeline.metric_series import count_series
from etl.pipeline.tag_settings import READING, outdated_text

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
    for finding in await pipeline.state.call(_state, pipeline):
        yield finding
    for name in names:
        yield await _repository(pipeline, name)
        for finding in await pipeline.state.call(_known_of, pipeline, name):
            yield finding
        async for finding in _artifacts(pipeline, name):
            yield finding
    if pipeline.clock.is_wrong:
        yield Finding("clock", False, str(pipeline.clock))
    spent = pipeline.accounts.kinds()
    for account, budget in pipeline.accounts.budgets():
        yield _rate_limit(account, budget, pipeline.settings.github.reserve, spent[account])
    store = await _store(pipeline)
    yield store
    if store.good and pipeline.settings.http.enabled:
        yield await _metrics(pipeline)


async def _names(pipeline: Pipeline) -> tuple[Sequence[str], Finding]:
    try:
        names = await pipeline.repositories.names()
    except CiHealthError as error:
        return (), Finding("repositories", False, str(error))
    return names, Finding("configuration", True, f"{len(names)} repositories")


def _state(pipeline: Pipeline) -> list[Finding]:
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


async def _repository(pipeline: Pipeline, name: str) -> Finding:
    client = pipeline.client(name)
    try:
        repository, _ = await get_repository(client)
        run = await newest_run(client)
        if run is not None and run.check_suite_id is not None:
            await annotated_jobs(client, run.check_suite_id)
    except CiHealthError as error:
        return Finding(name, False, str(error))
    known = await pipeline.state.call(pipeline.state.repositories.get, name)
    cursor = known.cursor if known else None
    read = "never synced" if cursor is None else f"read up to {datetime.fromtimestamp(cursor, UTC):%F %R} UTC"
    renamed = repository is not None and repository.full_name.lower() != name.lower()
    note = f"; it is called {repository.full_name} now" if repository and renamed else ""
    return Finding(name, True, read + note)


async def _artifacts(pipeline: Pipeline, name: str) -> AsyncIterator[Finding]:
    since = int(pipeline.clock()) - _ARTIFACTS_S
    try:
        async for good, text in artifact_findings(pipeline.client(name), pipeline.settings, since):
            yield Finding(name, good, text)
    except CiHealthError as error:
        yield Finding(name, False, f"artifacts: {error}")


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


def _rate_limit(account: str, budget: Budget, reserve: int, spent: Mapping[str, int]) -> Finding:
    if budget.remaining is None or budget.limit is None:
        return Finding("rate limit", None, f"GitHub reports none for {account}")
    enough = budget.remaining > reserve
    left = f"{budget.remaining} of {budget.limit} requests left for {account}, {reserve} reserved"
    text = f"{left}; these checks sent {sentence(spent)}"
    return Finding("rate limit", enough, text)


async def _store(pipeline: Pipeline) -> Finding:
    try:
        await pipeline.store.prepare()
    except CiHealthError as error:
        return Finding("store", False, str(error))
    return Finding("store", True, pipeline.store.address)


async def _metrics(pipeline: Pipeline) -> Finding:
    try:
        found = await count_series(pipeline)
    except CiHealthError as error:
        return Finding("metrics", None, str(error))
    most = pipeline.settings.http.series
    text = f"workflows: {found.workflows}, groups of jobs: {found.job_groups}"
    combined = sum(max(0, number - most) for number in found)
    if combined:
        text += f"; {combined} of them are combined as `other`: set http.series to {max(found)} or more"
    return Finding("metrics", None if combined else True, text)
