"""Findings of `ci-health check` on artifacts: which artifacts of the last runs are read, and why others are not."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import BinaryIO, cast

from etl.errors import DataError, NotFoundError
from etl.extract.archive import ArchiveLimits, read_artifact
from etl.extract.junit import Limits
from etl.extract.source import Source
from etl.model.records import Artifact
from etl.settings import Settings
from etl.transform.results.artifact_jobs import is_wanted

_RUNS, _NAMES, _DOWNLOADS = 5, 30, 5


async def artifact_findings(
    source: Source, settings: Settings, since: int
) -> AsyncIterator[tuple[bool | None, str]]:
    """One finding for each name of artifacts created at `since` (Unix seconds) or later; tries to read a few.

    Yields whether it is good (None: for information) and the sentence. Raises what `Source.artifacts` raises.
    """
    if not settings.tests.artifacts:
        yield None, "artifacts are not read: tests.artifacts is empty"
        return
    listing = await source.artifacts(since=since, known=False)
    newest = _of_last_runs(listing.artifacts)
    if not newest:
        yield None, "no artifacts in the last runs: test reports are read from artifacts"
    read = 0
    for artifact in newest[:_NAMES]:
        where = f"artifact {artifact.name!r} of run {artifact.run_id}"
        reason = _reason(artifact, settings)
        if reason:
            yield None, f"{where} is not read: {reason}"
        elif read == _DOWNLOADS:
            yield True, f"{where} is read (not tried here)"
        else:
            read += 1
            good, text = await _try(source, artifact, settings)
            yield good, f"{where}: {text}"
    if len(newest) > _NAMES:
        yield None, f"{len(newest) - _NAMES} more artifacts are not shown"


def _of_last_runs(artifacts: Sequence[Artifact]) -> list[Artifact]:
    """The newest artifact of each name in the last runs with artifacts."""
    runs = list(dict.fromkeys(artifact.run_id for artifact in artifacts))[:_RUNS]
    named: dict[str, Artifact] = {}
    for artifact in artifacts:
        if artifact.run_id in runs:
            named.setdefault(artifact.name, artifact)
    return list(named.values())


def _reason(artifact: Artifact, settings: Settings) -> str:
    """Why an artifact is not read; empty if it is."""
    if not is_wanted(artifact.name, settings.tests.artifacts):
        return "no glob of tests.artifacts matches its name"
    if artifact.expired:
        return "it has expired"
    if artifact.size > settings.tests.largest_artifact:
        return f"it is larger than tests.largest_artifact ({settings.tests.largest_artifact} bytes)"
    return ""


async def _try(source: Source, artifact: Artifact, settings: Settings) -> tuple[bool | None, str]:
    """Download and read an artifact; whether it is good, and a sentence, as in `artifact_findings`."""
    limits = ArchiveLimits(report=Limits(held=settings.tests.largest_run))
    with tempfile.TemporaryFile() as file:
        try:
            async with source.storage.slots:
                await source.download(artifact, file, largest=settings.tests.largest_artifact)
                read = partial(read_artifact, cast("BinaryIO", file), artifact.name, limits)
                content = await asyncio.to_thread(read)
        except (DataError, NotFoundError) as error:
            return None, str(error)
    problems = "; ".join(anomaly.detail.partition(": ")[2] for anomaly in content.anomalies[:3])
    if content.results:
        return True, f"{len(content.results)} results" + (f"; {problems}" if problems else "")
    return None, problems or "no results"
