"""Verdicts for people and programs: a table, JSON, and Markdown for a comment or a step summary."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from etl.judge.history import Level
from etl.report.explained.explain import Explained
from etl.report.formats import harmless, single_line
from etl.report.owners import NOBODY, Owners
from etl.report.terminal import as_text
from etl.verdict.evidence import advice, evidence
from etl.verdict.known import BASE, Failed, RedRun
from etl.verdict.verdict import Call, RunVerdict, Verdict

# The order in lists: what needs action comes first.
_ORDER: Final = (Call.YOURS, Call.UNKNOWN, Call.BROKEN, Call.ELSEWHERE, Call.FLAKY, Call.INFRASTRUCTURE)
_STYLES: Final = {Call.YOURS: "bold red", Call.UNKNOWN: "yellow"}
_SENTENCES: Final = {
    Call.YOURS: "This change breaks something.",
    Call.UNKNOWN: "It is unknown whether this change breaks something.",
    Call.FLAKY: "Nothing here comes from this change: it is flaky.",
    Call.BROKEN: "Nothing here comes from this change: the default branch is broken.",
    Call.ELSEWHERE: "Nothing here comes from this change: it fails elsewhere, too.",
    Call.INFRASTRUCTURE: "Nothing here comes from this change: the infrastructure failed.",
}
# Keeps comments short; further rows are only counted.
_MOST_ROWS: Final = 20
_MOST_TEXT: Final = 200
# The syntax of Markdown and HTML: ASCII punctuation after a backslash is always literal (CommonMark), so it
# forms no link, not even from a bare address.
_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
# What GitHub then turns into references: people, issues, emoji, commits.
_REFERENCES: Final = re.compile(r"(?<=[@#:])(?=\w)|(?<=[Gg][Hh]-)(?=\d)|(?<=[0-9a-fA-F]{6})(?=[0-9a-fA-F])")
_WORD_JOINER: Final = "\u2060"  # word joiner, invisible


def to_json(explained: Explained, owners: Owners = NOBODY) -> str:
    """An object with the verdict on each run; ASCII, without anything that GitHub Actions would execute."""
    content = {
        "runs": explained.runs,
        "green": explained.green,
        "unexplained": explained.unexplained,
        "verdicts": [_run_object(one, owners) for one in explained.verdicts],
    }
    return json.dumps(content, indent=2, allow_nan=False).replace("##[", "#\\u0023[") + "\n"


def _run_object(found: RunVerdict, owners: Owners) -> dict[str, Any]:
    run = found.run
    return {
        "repository": run.repository,
        "run_id": run.run_id,
        "attempt": run.attempt,
        "head_sha": run.sha or None,
        "branch": run.line or None,
        "url": run.url or None,
        "verdict": found.call,
        "yours": round(found.yours, 6),
        "failures": [_object(run, one, owners) for one in in_order(found.verdicts)],
    }


def _object(run: RedRun, verdict: Verdict, owners: Owners) -> dict[str, Any]:
    failed = verdict.known.failed
    subject = failed.subject
    return {
        "level": subject.level,
        "workflow": subject.workflow,
        "job": subject.job,
        "suite": subject.suite or None,
        "test": subject.name or None,
        "verdict": verdict.call,
        "likeliest": verdict.likeliest,
        "probability": round(verdict.probability, 6),
        "yours": round(verdict.yours, 6),
        "evidence": evidence(run, verdict),
        "advice": advice(run, verdict),
        "category": failed.category,
        "signature": failed.signature or None,
        "message": failed.message or None,
        "path": failed.path or None,
        "owner": owners.of(failed),
        "url": failed.url or None,
    }


def to_table(
    explained: Explained, owners: Owners = NOBODY, *, width: int | None = None, color: bool | None = None
) -> str:
    """A table for each red run, or a line if there is none."""
    tables = [_rendered_run(one, owners) for one in explained.verdicts]
    return as_text(lambda _: Group(*tables, *map(Text, _beside(explained))), width, color)


def _rendered_run(found: RunVerdict, owners: Owners) -> RenderableType:
    table = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 2, 1, 0))
    owned = _owned(found, owners)
    for title in ("Verdict", "Failure", *(["Owner"] if owned else []), "Evidence"):
        table.add_column(title, overflow="fold")
    for verdict in in_order(found.verdicts):
        table.add_row(
            Text(label(verdict), style=_STYLES.get(verdict.call, "")),
            Text(_name(verdict)),
            *([Text(single_line(owned.get(verdict.known.failed, "")))] if owned else []),
            Text(f"{single_line(evidence(found.run, verdict))}\n→ {advice(found.run, verdict)}"),
        )
    run = found.run
    where = single_line(
        f"run {run.run_id} of {run.repository}, {run.line or 'default branch'}, {run.sha[:8]}"
    )
    return Group(Text(_sentence(found), style="bold"), Text(where), Text(single_line(run.url)), Text(), table)


def to_markdown(explained: Explained, owners: Owners = NOBODY) -> str:
    """Markdown for a pull request comment or the step summary; text from CI is always escaped."""
    tables = [markdown_of_run(one, owners) for one in explained.verdicts]
    return "\n".join([*tables, *(f"{line}\n" for line in _beside(explained))])


def markdown_of_run(found: RunVerdict, owners: Owners) -> str:
    """The table of a red run: at most 20 of its failures, what needs action first."""
    run = found.run
    rows = in_order(found.verdicts)
    owned = _owned(found, owners)
    lines = [
        f"### {_sentence(found)}",
        "",
        f"| Verdict | Failure |{' Owner |' if owned else ''} Evidence | What to do |",
        f"|---|---|{'---|' if owned else ''}---|---|",
        *(
            f"| {_markdown_label(verdict)} | {_link(verdict)} "
            f"{_cell(owned, verdict)}| {neutral(evidence(run, verdict))} | {advice(run, verdict)} |"
            for verdict in rows[:_MOST_ROWS]
        ),
    ]
    if len(rows) > _MOST_ROWS:
        lines += ["", f"{len(rows) - _MOST_ROWS} more failures are not listed."]
    of = f"[run {run.run_id}]({run.url})" if _is_plain(run.url) else f"run {run.run_id}"
    lines += ["", f"<sub>ci-health, {of}, attempt {run.attempt}, commit {neutral(run.sha[:8])}</sub>", ""]
    return "\n".join(lines)


def _owned(found: RunVerdict, owners: Owners) -> dict[Failed, str]:
    """The owners of the failures that have any."""
    failures = (one.known.failed for one in found.verdicts)
    return {failed: owner for failed in failures if (owner := owners.of(failed))}


def _cell(owned: Mapping[Failed, str], verdict: Verdict) -> str:
    return f"| {neutral(owned.get(verdict.known.failed, ''))} " if owned else ""


def neutral(text: str) -> str:
    """Text from CI, escaped for Markdown: no mention, reference, link, HTML, command or table cell."""
    line = single_line(text)
    if len(line) > _MOST_TEXT:
        line = f"{line[: _MOST_TEXT - 1]}…"
    return _PUNCTUATION.sub(r"\\\1", _REFERENCES.sub(_WORD_JOINER, line))


def nothing_known(asked: object, address: str) -> str:
    """The message if no run is stored in the store at this address."""
    return (
        f"nothing is stored of {asked} in {address}: it has not ended or has not been read yet: run `ci-health sync`, "
        "or `ci-health backfill --since DATE` for an older one"
    )


def _beside(explained: Explained) -> list[str]:
    """What is said beside the verdicts: that some red runs have none, or that nothing is red."""
    if explained.unexplained:
        count = explained.unexplained
        runs = "One red run has" if count == 1 else f"{count} red runs have"
        return [f"{runs} no known failure: perhaps a workflow file does not parse, or no runner took a job."]
    if explained.verdicts:
        return []
    nothing = "Nothing is red" if explained.green == explained.runs else "No stored run failed"
    return [f"{nothing}: {explained.green} of {explained.runs} runs are green."]


def sentence(explained: Explained) -> str:
    """The outcome in one line."""
    return " ".join([*map(_sentence, explained.verdicts), *_beside(explained)])


def _sentence(found: RunVerdict) -> str:
    if found.run.line == BASE and found.call is Call.YOURS:
        return "This commit breaks the default branch."
    return _SENTENCES[found.call]


def in_order(verdicts: Iterable[Verdict]) -> Sequence[Verdict]:
    """What needs action comes first."""
    return sorted(verdicts, key=lambda one: (_ORDER.index(one.call), -one.yours, one.known.failed.subject))


def label(verdict: Verdict, *, between: str = "\n") -> str:
    """The call and how sure it is; for `unknown`, what is likeliest, after `between`."""
    if verdict.call is Call.UNKNOWN:
        return f"unknown{between}({verdict.likeliest} {_percent(verdict.probability)})"
    return f"{verdict.call} {_percent(verdict.probability)}"


def _percent(probability: float) -> str:
    """Nothing is certain: `99%` at most."""
    return f"{min(probability, 0.99):.0%}"


def _markdown_label(verdict: Verdict) -> str:
    likeliest = f", likeliest {verdict.likeliest}" if verdict.call is Call.UNKNOWN else ""
    return f"**{verdict.call}**{likeliest} {_percent(verdict.probability)}"


def _name(verdict: Verdict) -> str:
    subject = verdict.known.failed.subject
    where = f"{subject.workflow} / {subject.job}"
    if subject.level is Level.JOB:
        return harmless(single_line(where))
    test = f"{subject.suite}::{subject.name}" if subject.suite else subject.name
    return f"{single_line(test)}\n{single_line(where)}"


def _link(verdict: Verdict) -> str:
    """The failure's name, linked to its job's page at GitHub."""
    name = " in ".join(map(neutral, _name(verdict).split("\n")))
    url = verdict.known.failed.url
    return f"[{name}]({url})" if _is_plain(url) else name


def _is_plain(url: str) -> bool:
    """Whether a URL contains only plain characters, which need no escaping."""
    return bool(re.fullmatch(r"https?://[\w.:-]+/[\w./-]+", url, re.ASCII))
