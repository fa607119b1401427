"""Annotations of jobs; a job's id is that of its check run."""

from etl.anomalies import Anomaly
from etl.errors import DataError
from etl.extract.github.client import RepositoryClient
from etl.extract.github.listing import list_all
from etl.extract.github.records import parse_annotation, parse_check_run
from etl.model.records import Annotation


async def list_annotations(client: RepositoryClient, job_id: int) -> tuple[list[Annotation], list[Anomaly]]:
    """Every annotation of a job, in GitHub's order; equal ones are kept."""
    listing = await list_all(client, f"/check-runs/{job_id}/annotations?per_page=100", None, parse_annotation)
    return listing.items, listing.anomalies


async def annotated_jobs(client: RepositoryClient, check_suite_id: int) -> dict[int, int]:
    """The number of annotations by job id, for all jobs of all attempts of a run.

    Raises DataError if not all can be parsed, and what `RepositoryClient.page` raises.
    """
    path = f"/check-suites/{check_suite_id}/check-runs?filter=all&per_page=100"
    listing = await list_all(client, path, "check_runs", parse_check_run)
    if listing.anomalies:
        raise DataError(listing.anomalies[0].detail)
    return {check.id: check.annotations for check in listing.items}
