"""Verdicts as annotations of a step of GitHub Actions: workflow commands, a line each.

Source: GitHub docs, "Workflow commands for GitHub Actions": `::error title=…::message`. Of a step's
annotations GitHub keeps ten of each level.
"""

from collections import Counter
from typing import Final

from etl.report.explained.explain import Explained
from etl.report.formats import single_line
from etl.report.owners import NOBODY, Owners
from etl.report.verdicts import in_order, label
from etl.verdict.evidence import advice, evidence
from etl.verdict.known import RedRun
from etl.verdict.verdict import Call, Verdict

_LEVELS: Final = {Call.YOURS: "error", Call.UNKNOWN: "warning"}
_OTHER: Final = "notice"
_MOST_OF_A_LEVEL: Final = 10
_MOST_TEXT: Final = 1_000
# What ends a command's data, and what also ends one of its properties.
_ENDS: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_SEPARATES: Final = str.maketrans({":": "%3A", ",": "%2C"})


def annotations(explained: Explained, owners: Owners = NOBODY) -> list[str]:
    """A workflow command for each failure, what needs action first; text from CI cannot end it."""
    commands: list[str] = []
    told: Counter[str] = Counter()
    for found in explained.verdicts:
        for verdict in in_order(found.verdicts):
            level = _LEVELS.get(verdict.call, _OTHER)
            told[level] += 1
            if told[level] <= _MOST_OF_A_LEVEL:
                commands.append(_command(level, found.run, verdict, owners))
    return commands


def _command(level: str, run: RedRun, verdict: Verdict, owners: Owners) -> str:
    failed = verdict.known.failed
    subject, owner = failed.subject, owners.of(failed)
    title = f"{label(verdict, between=' ')}: {subject.name or subject.job}"
    test = f"{subject.suite}::{subject.name}" if subject.suite else subject.name
    told = [
        " / ".join(part for part in (subject.workflow, subject.job, test) if part),
        evidence(run, verdict),
        f"{advice(run, verdict)}{f' ({owner})' if owner else ''}",
        failed.url,
    ]
    message = "\n".join(single_line(line)[:_MOST_TEXT] for line in told if line)
    return f"::{level} title={_property(title)}::{message.translate(_ENDS)}"


def _property(text: str) -> str:
    return single_line(text)[:_MOST_TEXT].translate(_ENDS).translate(_SEPARATES)
