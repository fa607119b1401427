"""Tracks findings between judgements: one that is found again is the same, one that is not found has ended."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from etl.judge.finding import Finding, Judgement, Kind
from etl.judge.history import Subject
from etl.judge.limits import DAY_S

# A later look moves the start of the same change by no more than this.
_SAME_WITHIN_S = 7 * DAY_S
# Kinds that are one as long as they last, however long that is.
_LASTING = (Kind.FLAKY, Kind.BROKEN, Kind.SPREADING)


def lasting(before: Iterable[Finding], judged: Iterable[Judgement], now: int) -> list[Finding]:
    """What was told before, brought up to date: begun once, kept while it holds, ended when it no longer does.

    `before` are all findings that were told, `judged` this look at all subjects, `now` in Unix seconds. The
    same look twice changes nothing. A weaker finding keeps what was told, and begins nothing.
    """
    judgements = list(judged)
    sure = _by_subject(one for judgement in judgements for one in judgement.findings)
    weaker = _by_subject(one for judgement in judgements for one in judgement.weaker)
    kept = [
        _again(one, sure.get(_subject(one), []), weaker.get(_subject(one), []), now)
        for one in sorted(before, key=lambda one: (*_subject(one), _began(one)))
    ]
    return kept + [replace(one, began=one.since) for found in sure.values() for one in found]


def _again(known: Finding, sure: list[Finding], weaker: list[Finding], now: int) -> Finding:
    """A finding as it is now; what it is seen again as is taken out of the lists."""
    for found in (sure, weaker):
        again = _same(known, found)
        if again is not None and (found is sure or known.is_open):
            found.remove(again)
            surer = found is sure and again.sure
            return replace(_begun(known, again), began=_began(known), sure=known.sure or surer)
    return replace(known, until=max(now, known.since)) if known.is_open else known


def _begun(known: Finding, again: Finding) -> Finding:
    """What is seen again, with the begin that was told where that can no longer be seen."""
    if known.kind is Kind.SPREADING:
        # A day moves on, within which it is seen.
        return replace(again, since=known.since)
    if known.kind is Kind.BROKEN and not again.commits.last_before and known.since < again.since:
        return replace(
            again,
            since=known.since,
            commits=known.commits,
            probability=known.probability,
            evidence=max(known.evidence, again.evidence),
            repair_s=None if again.repair_s is None or again.until is None else again.until - known.since,
        )
    return again


def _by_subject(findings: Iterable[Finding]) -> dict[tuple[Kind, Subject], list[Finding]]:
    found = defaultdict(list)
    for one in sorted(findings, key=lambda one: one.since):
        found[_subject(one)].append(one)
    return found


def _same(known: Finding, found: Iterable[Finding]) -> Finding | None:
    """The finding that is this one, seen again: the nearest of its kind and subject."""
    alike = [one for one in found if _overlap(known, one)]
    return min(alike, key=lambda one: (abs(one.since - _began(known)), one.since), default=None)


def _overlap(known: Finding, one: Finding) -> bool:
    if one.since == _began(known):
        return True
    if known.kind is Kind.BROKEN and one.until is not None and one.until < known.since:
        return False  # it was repaired before that
    if known.kind in _LASTING:
        # One that ended lasts no longer: what begins after its end is another.
        return known.is_open or (known.until is not None and one.since <= known.until)
    return abs(one.since - _began(known)) <= _SAME_WITHIN_S


def _subject(one: Finding) -> tuple[Kind, Subject]:
    return one.kind, one.subject


def _began(one: Finding) -> int:
    return one.began or one.since
