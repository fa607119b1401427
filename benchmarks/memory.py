"""The most memory that a backfill holds, against one of a tenth as many runs."""

from tempfile import TemporaryDirectory

from benchmarks import github
from benchmarks.measure import Outcome, Size
from benchmarks.process import ci_health, influxd, settings_of

_RESULTS = 200
_DAYS = 30
_MAX_MIB = 250.0


def run(size: Size) -> list[Outcome]:
    """MiB of a backfill of so many runs, each with a report of 200 results."""
    many, few = size.of((10_000, 1_000), (40, 20))
    ours, theirs = peak_mib(many), peak_mib(few)
    what = f"memory of a backfill of {many} runs with {many * _RESULTS} test results"
    return [
        Outcome("memory", what, f"the same of {few} runs", (ours,), (theirs,), "MiB", 1.2),
        Outcome("memory bound", what, f"{_MAX_MIB:.0f} MiB", (ours,), (_MAX_MIB,), "MiB", 1.0),
    ]


def peak_mib(runs: int) -> float:
    """Of the process of one backfill."""
    kind = {"runs": runs, "days": _DAYS, "results": _RESULTS}
    with github.serving(**kind) as url, influxd() as database, TemporaryDirectory() as folder:
        since = f"{_DAYS + 1}d"
        settings = settings_of(url, database, folder, bucket="memory", since=since)
        return ci_health("backfill", "--since", since, **settings).peak_mib
