"""`explain`: whose failure a red run is, from what is stored."""

from collections import Counter
from typing import Final

from pydantic import Field

from etl.errors import ConfigurationError
from etl.model.writes import Row
from etl.report.answers.answer import Answer, commit
from etl.report.answers.source import Parameters, Source
from etl.report.explained.asked import asked_for, of_url
from etl.report.explained.explain import Explained, explain
from etl.report.verdicts import in_order, sentence
from etl.verdict.evidence import advice, evidence
from etl.verdict.known import BASE, RedRun
from etl.verdict.verdict import Call, Verdict

_NOTHING: Final = (
    "Nothing is stored of this run, branch or commit: it has not ended, or has not been read yet."
)


class Run(Parameters):
    """Which run to explain."""

    run: str = Field(
        min_length=1, max_length=2_000, description="URL or id of a run, URL or name of a branch, or a commit"
    )

    def asked_repository(self) -> str:
        """The repository that the URL names, or else the one given."""
        return of_url(self.run).repository if "://" in self.run else self.repository


async def explained(source: Source, asked: Run) -> Answer:
    """Judge the run's failures; raises ConfigurationError if it is not clear which run is meant."""
    name = asked.asked_repository() or _only(source)
    wanted = asked_for(asked.run, name)
    if wanted.request:
        raise ConfigurationError("a pull request's commit is not stored: ask with its branch or its commit")
    if source.names is not None and name not in source.names:
        return Answer(_NOTHING)
    return told(await explain(source.store, wanted, source.now))


def told(found: Explained) -> Answer:
    """The verdicts as an answer."""
    if not found.runs:
        return Answer(_NOTHING)
    rows = [_row(one.run, verdict) for one in found.verdicts for verdict in in_order(one.verdicts)]
    calls = Counter(row["verdict"] for row in rows)
    counts = ", ".join(f"{count} {call}" for call, count in calls.most_common())
    return Answer(f"{sentence(found)}{f' Failures: {counts}.' if counts else ''}", rows)


def _only(source: Source) -> str:
    """The only repository there is to ask about."""
    names = source.settings.repositories if source.names is None else tuple(source.names)
    if len(names) != 1 or "*" in names[0]:
        raise ConfigurationError("which repository? Give `repository`, or the URL of the run")
    return names[0]


def _row(run: RedRun, verdict: Verdict) -> Row:
    failed, subject = verdict.known.failed, verdict.known.failed.subject
    return {
        "verdict": verdict.call.value,
        "likeliest": verdict.likeliest.value if verdict.call is Call.UNKNOWN else None,
        "probability": round(verdict.probability, 2),
        "test": subject.name or None,
        "suite": subject.suite or None,
        "job": subject.job,
        "workflow": subject.workflow,
        "evidence": evidence(run, verdict),
        "advice": advice(run, verdict),
        "message": failed.message or None,
        "category": failed.category,
        "url": failed.url or None,
        "repository": run.repository,
        "run_id": run.run_id,
        "attempt": run.attempt,
        "commit": commit(run.sha),
        "branch": None if run.line == BASE else run.line,
    }
