"""Settings that shape tags must not change unnoticed: old and new points would stand apart.

The rules by which reports are read and messages become templates change with versions of this project:
then what is stored stays as it was, and is told.
"""

from typing import Final

import structlog

from etl.errors import ConfigurationError
from etl.settings import Settings
from etl.state.metadata import Metadata

log = structlog.get_logger(__name__)

# Raised with each change that gives the same reports or messages other points.
READING: Final = {"test reports": 2, "templates of messages": 2}

SHAPES = {
    "branches": "the `branch` tag of every measurement but `etl`",
    "masks": "the `job`, `job_group`, `step`, `runner`, `suite` and `test` tags",
    "failures": "the `signature` tag of failures",
    "tests.jobs": "the `job` tag of tests whose artifact does not tell it",
}


def require_unchanged(metadata: Metadata, settings: Settings, *, accept: bool) -> None:
    """Raises ConfigurationError where settings that shape tags changed, unless that is accepted."""
    if accept:
        metadata.accept_naming(settings)
        metadata.accept_reading(READING)
        return
    if outdated := metadata.changed_reading(READING):
        log.warning("rules changed", detail=outdated_text(outdated))
    changed = metadata.changed_naming(settings)
    if changed:
        what = "; ".join(f"`{name}` shapes {SHAPES[name]}" for name in changed)
        raise ConfigurationError(
            f"{' and '.join(changed)} changed since points were last written: {what}. Points of new runs "
            "would be named differently from those that are stored. Run `ci-health backfill --since DATE "
            "--replace` to rename the stored ones, or `ci-health sync --accept` to leave them as they are"
        )


def outdated_text(rules: list[str]) -> str:
    """What is to be done where stored points were read by older rules."""
    return (
        f"{' and '.join(rules)} are read by newer rules than those that stored points were read by: "
        "`ci-health backfill --since DATE --replace` reads them anew, `ci-health sync --accept` leaves them"
    )
