"""Downloads of artifacts: the API names a signed URL, which is followed without credentials.

Source: GitHub docs, "Download an artifact": a redirect to a URL that expires after a minute.
"""

from http import HTTPStatus
from typing import IO

from etl.errors import CiHealthError, DataError, ExpiredError, NotFoundError
from etl.extract.github.client import RepositoryClient
from etl.extract.github.limits import Retry
from etl.model.records import Artifact


async def download(client: RepositoryClient, artifact: Artifact, into: IO[bytes], *, largest: int) -> None:
    """Write an artifact's content into a file, from its beginning, and rewind it.

    `largest` is in bytes. Raises ExpiredError where the artifact is listed as expired or too large,
    DataError where it turns out so or leads where it must not, NotFoundError where it is gone, RetriableError where the storage does not answer. No
    error tells the signed URL.
    """
    _check(artifact, largest)
    failures = refusals = 0
    # Each time by a new URL: the last one may have expired during a wait.
    while (verdict := await client.storage.fetch(await _signed(client, artifact), into, largest)) is not None:
        if isinstance(verdict, CiHealthError):
            raise verdict
        if isinstance(verdict, Retry):
            failures += 1
            await client.back_off(failures, verdict.reason, artifact.path)
            continue
        refusals += 1
        if refusals > 1:
            raise DataError(f"the storage refuses the download ({verdict}), also by a fresh URL")
    into.seek(0)


def _check(artifact: Artifact, largest: int) -> None:
    if artifact.expired:
        raise ExpiredError("the artifact has expired")
    if artifact.size > largest:
        raise ExpiredError(f"the artifact has {artifact.size} bytes, more than {largest}")


async def _signed(client: RepositoryClient, artifact: Artifact) -> str:
    try:
        return await client.location(artifact.path)
    except NotFoundError as error:
        if error.status == HTTPStatus.GONE:
            raise DataError("the artifact has expired (410)") from error
        raise
