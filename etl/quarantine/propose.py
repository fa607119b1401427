"""Proposes a new quarantine from the current one and from what the store knows of its tests; pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from etl.quarantine.entry import Entry, Quarantine
from etl.quarantine.evidence import Flaky, is_stored_name

Name = tuple[str, str]


class Step(StrEnum):
    """The kind of a change to an entry."""

    ADDED = "added"
    RENEWED = "renewed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that is added, removed or prolonged, and why."""

    step: Step
    entry: Entry
    why: str


@dataclass(frozen=True, slots=True)
class Known:
    """Data from the store: proven flakes, broken tests, and how often quarantined tests passed since their last failure."""

    flaky: Sequence[Flaky] = ()
    broken: Collection[Name] = ()
    passes: Mapping[Name, int] = field(default_factory=dict)
    placeholders: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """When entries are removed: `days` after they were written, or after a number of passes in a row."""

    today: date
    days: int = 30
    passes: int = 50


@dataclass(frozen=True, slots=True)
class Proposal:
    """The proposed quarantine, its changes, and a sentence for each flaky test that cannot be in it."""

    quarantine: Quarantine
    changes: tuple[Change, ...]
    left_out: tuple[str, ...] = ()


def propose(old: Quarantine, known: Known, rules: Rules) -> Proposal:
    """Propose what should be in quarantine now."""
    flaky = {one.name: one for one in known.flaky if one.name not in known.broken}
    entries: dict[Name, Entry] = {}
    changes: list[Change] = []
    for entry in sorted(old.entries):
        kept, change = _kept(entry, flaky.get(entry.name), known, rules)
        if kept is not None:
            entries[kept.name] = kept
        if change is not None:
            changes.append(change)
    left_out = []
    was = {entry.name for entry in old.entries}
    for name, one in flaky.items():
        if name in was:
            continue
        if any(is_stored_name(part, known.placeholders) for part in name):
            left_out.append(
                f"{one.suite}::{one.test} is flaky, but its name in reports is not known: enter it by hand"
            )
            continue
        entries[name] = _entry(one, rules)
        changes.append(Change(Step.ADDED, entries[name], one.evidence))
    left_out += [
        f"{one.suite}::{one.test} is flaky and broken" for one in known.flaky if one.name in known.broken
    ]
    return Proposal(
        replace(old, entries=tuple(sorted(entries.values())), lines={}), tuple(changes), tuple(left_out)
    )


def _kept(
    entry: Entry, flaky: Flaky | None, known: Known, rules: Rules
) -> tuple[Entry | None, Change | None]:
    if entry.name in known.broken:
        return None, Change(Step.REMOVED, entry, "it is broken: it fails each time")
    passes = known.passes.get(entry.name, 0)
    # Evidence that is still fresh would bring it back with the next proposal.
    if passes >= rules.passes and flaky is None:
        return None, Change(Step.REMOVED, entry, f"it passed {passes} times since it last failed")
    if not entry.is_expired(rules.today):
        return entry, None
    if flaky is None or flaky.last_seen < entry.since:
        return None, Change(Step.REMOVED, entry, f"it expired on {entry.expires}, with no new evidence")
    renewed = replace(_entry(flaky, rules), reason=entry.reason, owner=entry.owner)
    return renewed, Change(
        Step.RENEWED, renewed, f"it expired on {entry.expires}, and is still flaky: {flaky.evidence}"
    )


def _entry(flaky: Flaky, rules: Rules) -> Entry:
    until = rules.today + timedelta(days=rules.days)
    return Entry(flaky.suite, flaky.test, rules.today, until, "flaky", flaky.evidence)
