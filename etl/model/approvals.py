"""When a job waited for an approval, which GitHub tells by the statuses of its deployment.

Source: GitHub's REST API reference, "Deployments" and "Deployment statuses"; a protected environment's
deployment is `waiting` until it is approved, then `queued` for a runner.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# From when to when (Unix seconds).
Span = tuple[int, int]

_WAITING: Final = "waiting"


@dataclass(frozen=True, slots=True)
class DeploymentStatus:
    """A status of a deployment; `job_id` is the job that deploys, None where none is named."""

    id: int
    state: str
    created_at: int
    job_id: int | None


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
