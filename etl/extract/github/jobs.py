"""Jobs of one attempt of a run."""

from etl.anomalies import Anomaly
from etl.extract.github.client import RepositoryClient
from etl.extract.github.listing import list_whole
from etl.extract.github.records import parse_job
from etl.model.records import Job


async def list_jobs(
    client: RepositoryClient, run_id: int, attempt: int, *, numbered: bool = True
) -> tuple[list[Job], list[Anomaly]]:
    """Every job that the attempt lists, executed or inherited, without duplicates; and anomalies.

    The request has the attempt's number, so that a re-run that begins meanwhile changes nothing. For a server
    that does not number attempts (not `numbered`), the run's jobs are listed.
    """
    place = f"/attempts/{attempt}" if numbered else ""
    path = f"/actions/runs/{run_id}{place}/jobs?per_page=100"
    listing = await list_whole(client, path, "jobs", parse_job)
    return list({job.id: job for job in listing.items}.values()), listing.anomalies
