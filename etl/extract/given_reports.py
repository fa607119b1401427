"""Reports that are given whole, in every format that artifacts are read in: all of them are read, or none."""

from collections.abc import Iterable
from io import BytesIO

from etl.errors import DataError
from etl.extract.archive import ArchiveLimits, read_artifact
from etl.extract.junit import Limits
from etl.model.results import Result

# A name, and the content: a report, several in a zip, or a gzip.
Given = tuple[str, bytes]


def read_reports(reports: Iterable[Given], *, largest: int) -> list[Result]:
    """The results of all reports, which may take `largest` bytes of memory.

    Raises DataError with a line for each report that is empty, broken, too large or without a test.
    """
    results: list[Result] = []
    troubles = []
    held = 0
    limits = ArchiveLimits(report=Limits(held=largest, short=largest // 2))
    for name, data in reports:
        content = read_artifact(BytesIO(data), name, limits, held=held)
        held = content.held
        results += content.results
        if not data.strip():
            troubles.append(f"{name}: empty")
        elif not content.is_whole:
            troubles += [anomaly.detail.removeprefix("artifact ") for anomaly in content.anomalies]
        elif not content.results:
            troubles.append(f"{name}: holds no test")
    if troubles:
        raise DataError("\n".join(troubles))
    return results
