"""Downloads artifacts and logs: the API redirects to a signed URL, which is requested without credentials.

Source: GitHub docs, "Download an artifact", "Download job logs for a workflow run": a redirect to a URL that
expires after a minute.
"""

from http import HTTPStatus
from typing import IO

from etl.errors import CiHealthError, DataError, ExpiredError, NotFoundError
from etl.extract.github.client import RepositoryClient
from etl.extract.github.limits import Retry
from etl.extract.github.storage import Target
from etl.model.records import Artifact


async def download(client: RepositoryClient, artifact: Artifact, into: IO[bytes], *, largest: int) -> None:
    """Write an artifact's content to the beginning of a file, and rewind it.

    `largest` is in bytes. Raises ExpiredError if the artifact is listed as expired or too large, DataError if
    it turns out to be or redirects to a forbidden address, NotFoundError if it is gone, and RetriableError if
    the storage does not answer. No error contains the signed URL.
    """
    check_size(artifact, largest)
    try:
        await _fetch(client, artifact.path, FileTarget(into), largest)
    except NotFoundError as error:
        if error.status == HTTPStatus.GONE:
            raise DataError("the artifact has expired (410)") from error
        raise
    into.seek(0)


async def download_log(client: RepositoryClient, job_id: int, into: Target, *, largest: int) -> None:
    """Write a job's log to `target`, in chunks.

    Raises ExpiredError if it has expired, otherwise what `download` raises; NotFoundError also if the log does
    not exist yet.
    """
    try:
        await _fetch(client, f"/actions/jobs/{job_id}/logs", into, largest)
    except NotFoundError as error:
        if error.status == HTTPStatus.GONE:
            raise ExpiredError("the log has expired (410)") from error
        raise


class FileTarget:
    """A target that writes to a file from its beginning."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def restart(self) -> None:
        """Discard what was written."""
        self._file.seek(0)
        self._file.truncate()

    def write(self, chunk: bytes) -> None:
        """Write the next bytes."""
        self._file.write(chunk)


async def _fetch(client: RepositoryClient, path: str, into: Target, largest: int) -> None:
    failures = refusals = 0
    # Each try needs a new URL: the last one may have expired during the wait.
    while (verdict := await client.storage.fetch(await client.location(path), into, largest)) is not None:
        if isinstance(verdict, CiHealthError):
            raise verdict
        if isinstance(verdict, Retry):
            failures += 1
            await client.back_off(failures, verdict.reason, path)
            continue
        refusals += 1
        if refusals > 1:
            raise DataError(f"the storage refuses the download ({verdict}), also by a fresh URL")


def check_size(artifact: Artifact, largest: int) -> None:
    """Raise ExpiredError if an artifact is listed as expired or too large."""
    if artifact.expired:
        raise ExpiredError("the artifact has expired")
    if artifact.size > largest:
        raise ExpiredError(f"the artifact has {artifact.size} bytes, more than {largest}")
