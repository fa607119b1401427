"""`ci-health` with a task that hangs and cannot be cancelled, in a process that otherwise lives on.

`python -m tests.workers.stubborn LIMIT STALLED COMMAND …`: the sync of acme/r00 waits for the file $AWAITS.
"""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

from etl.pipeline import sync
from tests.workers import hurried

_read_new = sync._read_new


async def hang(session: Any, **more: Any) -> None:
    """As a thread that waits for a disk that is gone: no time limit of its own process ends it."""
    awaited = Path(os.environ["AWAITS"])
    while session.repository.name == "acme/r00" and not awaited.exists():  # noqa: ASYNC240
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0.1)
    await _read_new(session, **more)


if __name__ == "__main__":
    with patch.object(sync, "_read_new", hang):
        hurried.run()
