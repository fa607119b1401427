"""Retries that equal names alone let one presume, held against how their job ended; pure."""

from collections.abc import Sequence

from etl.model.records import Job
from etl.model.results import Result
from etl.model.schema import SUCCESS


def without_false_retries(job: Job, results: Sequence[Result]) -> Sequence[Result]:
    """The results of a job's execution; each attempt by itself where no retry can have healed it.

    A job that is red although all its failures seem healed did not retry: equal names are different tests.
    """
    if job.conclusion == SUCCESS or not any(result.attempts for result in results):
        return results
    if any(result.is_red for result in results):
        return results
    return [one for result in results for one in result.attempts or (result,)]
