"""Checks retries that are assumed only because names are equal against the job's conclusion; pure."""

from collections.abc import Sequence

from etl.model.records import Job
from etl.model.results import Result
from etl.model.schema import SUCCESS


def without_false_retries(job: Job, results: Sequence[Result]) -> Sequence[Result]:
    """The results of a job's execution, with assumed retries split into separate results if they cannot be real.

    A job that failed although every failing test seems to have passed on retry did not retry: the equal names
    are different tests.
    """
    if job.conclusion == SUCCESS or not any(result.attempts for result in results):
        return results
    if any(result.is_red for result in results):
        return results
    return [one for result in results for one in result.attempts or (result,)]
