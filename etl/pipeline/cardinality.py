"""Warns of tags with too many values, usually tests: each value is a series, which makes the store slow and large."""

import json

from etl.anomalies import Anomaly
from etl.pipeline.session import Session
from etl.settings import Settings
from etl.state.cardinality import DAYS, DistinctTestCounts, DistinctTests
from etl.transform.results.cardinality import COUNTED_TAGS
from etl.transform.results.mask_hints import mask_hint

# The setting that limits the values of a tag, for tags to which no mask applies.
_BOUNDED_BY = {
    "workflow": "`workflows` tells which ones are read",
    "branch": "`branches` tells which ones have a tag of their own",
}


async def warn_of_cardinality(session: Session) -> None:
    """Add every tag above `distinct` and every job above `tests.distinct` to the anomalies and the summary."""
    state = session.state
    found = await state.call(too_many, state.distinct, session.settings, session.repository.id)
    for kind, text in found:
        session.summary.warnings.append(text)
        session.anomalies.add(Anomaly(kind, text))


def too_many(counts: DistinctTestCounts, settings: Settings, repository_id: int) -> list[tuple[str, str]]:
    """Jobs and tags with too many values: for each, an anomaly's kind and a sentence that names the setting."""
    found = [
        ("distinct tests", advice(job, settings.tests.distinct))
        for job in counts.above(repository_id, settings.tests.distinct)
    ]
    return found + [
        ("distinct values", _tag_advice(tag, values, settings.distinct))
        for tag in COUNTED_TAGS
        for values in counts.above(repository_id, settings.distinct, tag=tag)
    ]


def _tag_advice(tag: str, found: DistinctTests, limit: int) -> str:
    return (
        f"tag {tag!r} took about {found.count:,} distinct values in {DAYS} days, more than {limit:,} "
        f"(distinct){_example(found)}; {_BOUNDED_BY.get(tag) or _masked(found)}"
    )


def advice(job: DistinctTests, limit: int) -> str:
    """A sentence: how many distinct tests a job has, and which setting would reduce them."""
    return (
        f"job {job.job!r} of workflow {job.workflow!r} brought about {job.count:,} distinct tests in {DAYS} "
        f"days, more than {limit:,} (tests.distinct){_example(job)}; {_masked(job)}"
    )


def _example(found: DistinctTests) -> str:
    return f", for example {found.names[0]!r} and {found.names[-1]!r}" if found.names else ""


def _masked(found: DistinctTests) -> str:
    hint = mask_hint(found.names)
    if hint is None:
        return "no single mask would match their names: add a rule to `masks.extra` by hand"
    rule = json.dumps({"pattern": hint.pattern, "placeholder": hint.placeholder})
    return f"this mask would join most of them: `masks.extra: [{rule}]`"
