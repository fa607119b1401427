"""What signed webhook deliveries hold of a run, until the run is read."""

from dataclasses import dataclass
from typing import Final

# More jobs than GitHub lists at once are not kept: their run is asked for as without webhooks.
MOST_JOBS: Final = 100


@dataclass(frozen=True, slots=True)
class Payload:
    """All of an ended job, or of its run if `job_id` is 0; `etl.extract.github.payloads` reads the content.

    Jobs are those of first attempts.
    """

    run_id: int
    attempt: int
    job_id: int
    content: bytes
