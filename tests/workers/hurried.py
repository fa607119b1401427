"""`ci-health` with a queue that hurries: `python -m tests.workers.hurried LIMIT COMMAND …`.

What takes half a minute for people takes a second here.
"""

import asyncio
import signal
import sys
from unittest.mock import patch

from etl.cli import main
from etl.workers.queue import Pace


def run() -> None:
    """What the command line says; LIMIT is that of a task in seconds."""
    pace = Pace(limit=float(sys.argv.pop(1)), tick=1, heartbeat=0.5, stalled=2.0, rescue=1, poll=0.3)
    def dump(*_):
        for t in asyncio.all_tasks(asyncio.get_event_loop_policy().get_event_loop()): t.print_stack(file=sys.stderr)
        sys.stderr.flush()
    signal.signal(signal.SIGUSR1, dump)
    with patch.object(Pace, "of", lambda *_: pace):
        main()


if __name__ == "__main__":
    run()
