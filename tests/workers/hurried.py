"""`ci-health` with a queue that hurries: `python -m tests.workers.hurried LIMIT COMMAND …`.

What takes half a minute for people takes a second here.
"""

import sys
from unittest.mock import patch

from etl.cli import main
from etl.workers.queue import Pace


def run() -> None:
    """What the command line says; LIMIT is that of a task in seconds."""
    pace = Pace(limit=float(sys.argv.pop(1)), tick=1, heartbeat=0.5, stalled=2.0, rescue=1, poll=0.3)
    with patch.object(Pace, "of", lambda *_: pace):
        main()


if __name__ == "__main__":
    run()
