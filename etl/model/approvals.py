"""When a job waited for an approval, which GitHub tells by the statuses of its deployment.

Source: GitHub's REST API reference, "Deployments" and "Deployment statuses"; a protected environment's
deployment is `waiting` until it is approved, then `queued` for a runner.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Self

from etl.errors import DataError
from etl.model.values import optional, required, seconds

# From when to when (Unix seconds).
Span = tuple[int, int]

_WAITING: Final = "waiting"
_JOB: Final = re.compile(r"/actions/runs/\d{1,19}/job/(\d{1,19})")


@dataclass(frozen=True, slots=True)
class DeploymentStatus:
    """A status of a deployment; `job_id` is the job that deploys, None where none is named."""

    id: int
    state: str
    created_at: int
    job_id: int | None

    @classmethod
    def parse(cls, raw: Any) -> Self:
        """From an item of `GET …/deployments/{id}/statuses`."""
        created_at = seconds(required(raw, "created_at", str))
        if created_at is None:
            raise DataError(f"created_at is no time: {raw['created_at'][:40]!r}")
        urls = (optional(raw, name, str, default="") for name in ("log_url", "target_url"))
        found = next(filter(None, map(_JOB.search, urls)), None)
        return cls(
            id=required(raw, "id", int),
            state=required(raw, "state", str),
            created_at=created_at,
            job_id=None if found is None else int(found.group(1)),
        )


def approval_of(statuses: Iterable[DeploymentStatus]) -> tuple[int, Span] | None:
    """The job that waited for an approval of a deployment, and when; None where none did."""
    in_order = sorted(statuses, key=lambda one: (one.created_at, one.id))
    job_id = next((one.job_id for one in in_order if one.job_id is not None), None)
    begun = next((one.created_at for one in in_order if one.state == _WAITING), None)
    if job_id is None or begun is None:
        return None
    decided = (one.created_at for one in in_order if one.state != _WAITING and one.created_at >= begun)
    until = next(decided, None)
    return None if until is None else (job_id, (begun, until))
