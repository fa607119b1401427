"""The gate's verdict and proposed changes as lines, Markdown and JSON. Text from CI is escaped."""

from typing import Any, Final

from etl.quarantine.entry import Entry
from etl.quarantine.propose import Proposal, Step
from etl.quarantine.verdict import Verdict

_SIGNS: Final = {Step.ADDED: "+", Step.RENEWED: "~", Step.REMOVED: "-"}
_MOST: Final = 200


def verdict_lines(verdict: Verdict) -> list[str]:
    """The tolerated failures, the objections and the result, as lines."""
    lines = [
        f"let pass: {result.suite}::{result.name} (until {entry.expires}"
        + (f", {entry.owner})" if entry.owner else ")")
        for result, entry in verdict.passed_over
    ]
    lines += [f"did not run: {entry.suite}::{entry.test}" for entry in verdict.absent]
    lines += [f"red: {objection}" for objection in verdict.objections]
    return [*lines, _sum(verdict)]


def verdict_markdown(verdict: Verdict) -> str:
    """The same for a step summary."""
    shown = [f"- {_literal(line)}" for line in verdict_lines(verdict)[:-1]]
    more = [f"- … and {len(shown) - _MOST} more"] if len(shown) > _MOST else []
    return "\n".join(["### Quarantine", "", _literal(_sum(verdict)), "", *shown[:_MOST], *more, ""])


def _sum(verdict: Verdict) -> str:
    what = "green" if verdict.is_green else "red"
    return f"{what}: {verdict.tests} tests ran, {len(verdict.passed_over)} failed in quarantine, {len(verdict.objections)} objections"


def proposal_lines(proposal: Proposal) -> list[str]:
    """A line for each change, as in a diff, and for each flaky test that is left out."""
    lines = [
        f"{_SIGNS[change.step]} {change.entry.suite}::{change.entry.test} ({change.why})"
        for change in proposal.changes
    ]
    return [*lines, *(f"! {sentence}" for sentence in proposal.left_out)]


def proposal_data(proposal: Proposal) -> dict[str, Any]:
    """The proposal as JSON data."""
    return {
        "changes": [
            {"step": change.step.value, "why": change.why, **entry_data(change.entry)}
            for change in proposal.changes
        ],
        "left_out": list(proposal.left_out),
        "entries": [entry_data(entry) for entry in proposal.quarantine.entries],
    }


def entry_data(entry: Entry) -> dict[str, Any]:
    """An entry as JSON data."""
    return {
        "suite": entry.suite,
        "test": entry.test,
        "reason": entry.reason,
        "evidence": entry.evidence,
        "owner": entry.owner or None,
        "since": entry.since.isoformat(),
        "expires": entry.expires.isoformat(),
    }


def _literal(text: str) -> str:
    """Text escaped for Markdown: every character with a meaning becomes a character reference."""
    return "".join(one if one.isalnum() or one == " " else f"&#{ord(one)};" for one in text)
