"""`ci-health` with a queue that hurries: `python -m tests.workers.hurried LIMIT STALLED COMMAND …`.

What takes half a minute for people takes a second here.
"""

import sys
from unittest.mock import patch

from etl.cli import main
from etl.workers.queue import Pace


def run() -> None:
    """What the command line says; LIMIT is that of a task, STALLED that of a worker's silence, in seconds."""
    limit, stalled = float(sys.argv.pop(1)), float(sys.argv.pop(1))
    pace = Pace(limit=limit, tick=1, heartbeat=0.5, stalled=stalled, rescue=1, poll=0.3)
    with patch.object(Pace, "of", lambda *_: pace):
        main()


if __name__ == "__main__":
    run()
