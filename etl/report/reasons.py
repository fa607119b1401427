"""Why something is a finding, or why it is none, of every series that was judged. Pure functions."""

from collections.abc import Iterable, Sequence
from typing import Final

from etl.judge.finding import Finding
from etl.judge.judge import Told
from etl.model.writes import Row
from etl.report.columns import Column, of
from etl.report.formats import Kind, percent
from etl.report.terminal import Form, in_form
from etl.report.terminal_table import table
from etl.report.view import View

REASONS: Final = View(
    "reasons",
    "What is concluded",
    "judgements",
    (
        *of("repository level workflow job suite name", name={"title": "Test", "foldable": True}),
        Column("aspect", "Of", Kind.TEXT),
        Column("conclusion", "Conclusion", Kind.TEXT),
    ),
)


_ORDER: Final = ("repository", "workflow", "job", "suite", "name", "aspect")


def rendered(rows: Sequence[Row], form: Form) -> str:
    """The rows as a table, JSON or CSV, ready for stdout."""
    if form == "table" and not rows:
        return "nothing was judged: no runs of the last 30 days are stored\n"
    return in_form(REASONS, rows, form, lambda cells: table(REASONS.columns, rows, cells, REASONS.title))


def reasons(told: Iterable[Told], workflow: str = "", job: str = "") -> list[Row]:
    """A row for each series and what it was judged for, as REASONS shows them; of one workflow or job alone."""
    rows = [_row(one) for one in told]
    return sorted(
        (row for row in rows if workflow in ("", row["workflow"]) and job in ("", row["job"])),
        key=lambda row: tuple(row[name] or "" for name in _ORDER),
    )


def _row(told: Told) -> Row:
    judgement = told.judgement
    subject = judgement.subject
    found = "; ".join(map(_sentence, judgement.findings))
    return {
        "repository": subject.repository,
        "level": subject.level,
        "workflow": subject.workflow,
        "job": subject.job or None,
        "suite": subject.suite or None,
        "name": subject.name or None,
        "aspect": told.aspect,
        "conclusion": found or str(judgement.reason or ""),
    }


def _sentence(found: Finding) -> str:
    ended = "" if found.is_open else ", ended"
    where = f" on {found.subject.branch}" if found.subject.branch else ""
    return f"{found.kind}{where} ({percent(found.probability)} sure, from {found.evidence} results){ended}"
