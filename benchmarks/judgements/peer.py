"""Apache Otava, in an environment of its own: it brings scipy and clients of BigQuery, Slack and PostgreSQL.

`python -m venv FOLDER && FOLDER/bin/pip install apache-otava` and OTAVA=FOLDER/bin/python make it known.
"""

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Final

# Its own defaults, on plain lists as its own command has them.
_ASK: Final = """
import json, sys, time
from otava.analysis import compute_change_points
series = json.load(sys.stdin)
began = time.process_time()
found = [[int(one.index) for one in compute_change_points(values)[0]] for values in series]
json.dump({"found": found, "processor_s": time.process_time() - began}, sys.stdout)
"""


def found_by_otava(series: Sequence[Sequence[float]]) -> tuple[list[list[int]], float] | None:
    """The positions of changes in each series, and seconds of processor; None where Otava is not here."""
    python = os.environ.get("OTAVA")
    if not python:
        return None
    asked = subprocess.run(  # noqa: S603
        [python, "-c", _ASK], input=json.dumps(series), capture_output=True, text=True, check=True
    )
    answer = json.loads(asked.stdout)
    return answer["found"], answer["processor_s"]
