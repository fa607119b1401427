"""Tags with ever new values, above all tests: each is a series of its own, and the store gets slower and larger."""

import json

from etl.anomalies import Anomaly
from etl.pipeline.session import Session
from etl.settings import Settings
from etl.state.cardinality import DAYS, DistinctTestCounts, DistinctTests
from etl.transform.results.cardinality import COUNTED_TAGS
from etl.transform.results.mask_hints import mask_hint

# Which setting bounds the values of a tag, where no mask does.
_BOUNDED_BY = {
    "workflow": "`workflows` tells which ones are read",
    "branch": "`branches` tells which ones have a tag of their own",
}


async def warn_of_cardinality(session: Session) -> None:
    """Tell of every tag above `distinct`, and of every job above `tests.distinct`, in the log and in the summary."""
    state = session.state
    found = await state.call(too_many, state.distinct, session.settings, session.repository.id)
    for kind, text in found:
        session.summary.warnings.append(text)
        session.anomalies.add(Anomaly(kind, text))


def too_many(counts: DistinctTestCounts, settings: Settings, repository_id: int) -> list[tuple[str, str]]:
    """What takes too many values, each as the kind of an anomaly and a sentence that names the setting."""
    found = [
        ("distinct tests", advice(job, settings.tests.distinct))
        for job in counts.above(repository_id, settings.tests.distinct)
    ]
    return found + [
        ("distinct values", _tag_advice(tag, one, settings.distinct))
        for tag in COUNTED_TAGS
        for one in counts.above(repository_id, settings.distinct, tag=tag)
    ]


def _tag_advice(tag: str, found: DistinctTests, limit: int) -> str:
    return (
        f"tag {tag!r} took about {found.count:,} distinct values in {DAYS} days, more than {limit:,} "
        f"(distinct){_example(found)}; {_BOUNDED_BY.get(tag) or _masked(found)}"
    )


def advice(job: DistinctTests, limit: int) -> str:
    """What is wrong with a job, and which setting would mend it."""
    return (
        f"job {job.job!r} of workflow {job.workflow!r} brought about {job.count:,} distinct tests in {DAYS} "
        f"days, more than {limit:,} (tests.distinct){_example(job)}; {_masked(job)}"
    )


def _example(found: DistinctTests) -> str:
    return f", for example {found.names[0]!r} and {found.names[-1]!r}" if found.names else ""


def _masked(found: DistinctTests) -> str:
    hint = mask_hint(found.names)
    if hint is None:
        return (
            "their names have no pattern that one mask would match: a rule in `masks.extra` has to be found"
        )
    rule = json.dumps({"pattern": hint.pattern, "placeholder": hint.placeholder})
    return f"this mask would join most of them: `masks.extra: [{rule}]`"
