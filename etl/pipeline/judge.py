"""Judgements after a sync: what the store has of a repository → findings, through the outbox as all points."""

import asyncio
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Final, NamedTuple

import structlog

from etl.errors import CiHealthError, SupersededError
from etl.judge.codec import findings_from_bytes, findings_to_bytes, memory_from_bytes, memory_to_bytes
from etl.judge.cost import cost_minutes
from etl.judge.finding import Finding
from etl.judge.judge import SPREADING, Judge, Told
from etl.judge.lasting import lasting
from etl.judge.limits import ChangeLimits, FlakeLimits, Limits
from etl.judge.points import finding_point
from etl.judge.series import histories_of, histories_of_tests, usage_of
from etl.judge.spreading import jobs_before_spreading, judge_spreading
from etl.load.line_encoder import encode
from etl.model.evidence import EvidenceLimits
from etl.model.tag_values import tag_value
from etl.model.writes import Row
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.spreading import Spread, read_spread
from etl.pipeline.summary import Summary
from etl.settings import FindingSettings
from etl.state.judgements import StoredJudgements
from etl.state.repositories import KnownRepository
from etl.transform.flakes.outage import OutageGuard

log = structlog.get_logger(__name__)

_PERIOD: Final = timedelta(days=30)
_POLL_S: Final = 0.05
# Longer than a store that is well takes nothing; after that, the next sync judges.
_MAX_WAIT_S: Final = 60.0
_STALE: Final = "findings are not up to date, the next sync judges again: {}"


class _Read(NamedTuple):
    """What was found before, answers of the store, jobs with an outage, failures that may spread, the default branch's tag."""

    known: list[Finding]
    executions: list[Row]
    results: list[Row]
    outages: set[int]
    spread: Spread
    branch: str


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look found, as it is committed."""

    judgements: StoredJudgements
    lines: list[bytes]


async def judge_after(pipeline: Pipeline, delivery: Delivery, summary: Summary) -> None:
    """Judge a repository as soon as the store has all its points, if any came since it was judged last.

    Whatever fails, also a bug here, is a warning of the summary: it must not fail the sync.
    """
    if summary.error is not None:
        return
    state, name = pipeline.state, summary.repository
    try:
        known = await state.call(state.repositories.get, name)
        if known is None:
            return
        # Before the store is asked: points that are committed from here on are judged next time.
        before = await state.call(state.judgements.get, known.id)
        if not before.unread:
            return
        if await _is_delivered(pipeline, delivery, name):
            await _judge(pipeline, known, before)
        else:
            # No warning in the log: what keeps the store from taking points has one of its own.
            log.info("findings wait for the store", repository=name)
            summary.warnings.append(_STALE.format("the store has not taken all points yet"))
    except SupersededError as error:
        log.info("judged elsewhere", repository=name, reason=str(error))
    except CiHealthError as error:
        _warn(summary, str(error))
    except Exception as error:
        log.debug("unexpected error", exc_info=True)
        _warn(summary, f"unexpected {type(error).__name__}: {error} (--debug shows where)")


def _warn(summary: Summary, reason: str) -> None:
    summary.warnings.append(_STALE.format(reason))
    log.warning("not judged", repository=summary.repository, reason=reason)


async def _is_delivered(pipeline: Pipeline, delivery: Delivery, name: str) -> bool:
    """Wait until nothing of the repository is in the outbox; False if the store takes nothing for too long.

    A slow store is waited for as long as it takes anything.
    """
    state, least, deadline = pipeline.state, sys.maxsize, 0.0
    while waiting := (await state.call(state.outbox.backlog, name)).points:
        if waiting < least:
            least, deadline = waiting, monotonic() + _MAX_WAIT_S
        if delivery.stuck or monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL_S)
    return True


async def conclusions(pipeline: Pipeline, known: KnownRepository) -> list[Told]:
    """What is concluded of each series now, and why nothing is; nothing is stored."""
    state, limits = pipeline.state, limits_of(pipeline.settings.findings, pipeline.rules.limits)
    before = await state.call(state.judgements.get, known.id)
    read = await _read(pipeline, known, before, limits, _stop(pipeline))
    return await asyncio.to_thread(_told, read, limits, {})


async def _judge(pipeline: Pipeline, known: KnownRepository, before: StoredJudgements) -> None:
    state, stop = pipeline.state, _stop(pipeline)
    limits = limits_of(pipeline.settings.findings, pipeline.rules.limits)
    read = await _read(pipeline, known, before, limits, stop)
    look = await asyncio.to_thread(_look, read, before.memory, limits, int(stop.timestamp()))
    await state.call(state.commit_judgements, known, before, look.judgements, look.lines)


def _stop(pipeline: Pipeline) -> datetime:
    return datetime.fromtimestamp(int(pipeline.clock()) + 1, UTC)


async def _read(
    pipeline: Pipeline, known: KnownRepository, before: StoredJudgements, limits: Limits, stop: datetime
) -> _Read:
    found = await asyncio.to_thread(findings_from_bytes, before.findings)
    asked = {"repository": tag_value(known.name), "start": stop - _PERIOD, "stop": stop}
    executions, results, reports = [
        await pipeline.store.query(name, asked) for name in ("histories", "test_results", "failing_reports")
    ]
    outages = _outages(reports, pipeline.rules.guard)
    spreading = jobs_before_spreading(found)
    spread = await read_spread(pipeline.store, known, stop, spreading, limits.spread)
    return _Read(found, executions, results, outages, spread, tag_value(known.default_branch))


def limits_of(findings: FindingSettings, proof: EvidenceLimits) -> Limits:
    """The thresholds that the settings give; all others are constants. A flake is proven as by its evidence."""
    changes = ChangeLimits(
        max_false_discoveries=findings.max_false_discoveries,
        max_false_alerts=min(findings.max_false_discoveries, ChangeLimits().max_false_alerts),
        min_results=findings.min_results,
        min_effect=findings.min_change,
        min_effect_s=findings.min_change_s,
        min_rate_effect=findings.min_rate_change,
    )
    return Limits(changes, proof, FlakeLimits(min_results=findings.min_results))


def _outages(reports: list[Row], guard: OutageGuard) -> set[int]:
    """Ids of the jobs in whose reports so much failed that these say nothing about single tests."""
    return {
        row["job_id"]
        for row in reports
        if guard.is_outage(row["failed"] + row["errored"], row["total"] - row["skipped"])
    }


def _look(read: _Read, remembered: bytes, limits: Limits, now: int) -> _Look:
    """Judge everything, and make points of the findings that are new or changed."""
    memory: dict[Any, Any] = memory_from_bytes(remembered)
    told = _told(read, limits, memory)
    since = now - int(_PERIOD.total_seconds())
    found = [
        one
        for one in lasting(read.known, [one.judgement for one in told], now)
        if one.until is None or one.until >= since
    ]
    subjects = {one.judgement.subject for one in told}
    kept = {key: value for key, value in memory.items() if key[0] in subjects}
    usage = usage_of(read.executions, _PERIOD.total_seconds(), read.branch)
    lines = [encode(finding_point(one, cost_minutes(one, usage))) for one in _changed(read.known, found)]
    return _Look(StoredJudgements(findings_to_bytes(found), memory_to_bytes(kept)), lines)


def _told(read: _Read, limits: Limits, memory: dict[Any, Any]) -> list[Told]:
    histories, measures = histories_of(read.executions, read.branch)
    tests = histories_of_tests(read.results, read.executions, read.branch, read.outages)
    spreading = judge_spreading(read.spread.failures, read.spread.reaches, limits.spread)
    return Judge(limits, memory).judge([*tests, *histories], measures) + [
        Told(SPREADING, judgement) for judgement in spreading
    ]


def _changed(before: list[Finding], now: list[Finding]) -> list[Finding]:
    known = {one.id: one for one in before}
    return [one for one in now if known.get(one.id) != one]
