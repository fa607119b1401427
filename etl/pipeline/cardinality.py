"""Jobs that bring ever new tests: each is a series of its own, and the store gets slower and larger."""

import json

from etl.anomalies import Anomaly
from etl.pipeline.session import Session
from etl.state.cardinality import DAYS, DistinctTests
from etl.transform.results.mask_hints import mask_hint


async def warn_of_cardinality(session: Session) -> None:
    """Tell of every job above `tests.distinct`, in the log and in the summary."""
    limit = session.settings.tests.distinct
    for job in await session.state.call(session.state.distinct.above, session.repository.id, limit):
        text = advice(job, limit)
        session.summary.warnings.append(text)
        session.anomalies.add(Anomaly("distinct tests", text))


def advice(job: DistinctTests, limit: int) -> str:
    """What is wrong with a job, and which setting would mend it."""
    hint = mask_hint(job.names)
    example = f", for example {job.names[0]!r} and {job.names[-1]!r}" if job.names else ""
    if hint is None:
        what = (
            "their names have no pattern that one mask would match: a rule in `masks.extra` has to be found"
        )
    else:
        rule = json.dumps({"pattern": hint.pattern, "placeholder": hint.placeholder})
        what = f"this mask would join most of them: `masks.extra: [{rule}]`"
    return (
        f"job {job.job!r} of workflow {job.workflow!r} brought about {job.count:,} distinct tests in {DAYS} "
        f"days, more than {limit:,} (tests.distinct){example}; {what}"
    )
