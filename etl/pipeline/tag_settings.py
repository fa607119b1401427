"""Detects changes to settings that shape tags: old and new points would no longer belong to the same series.

The rules for reading reports and turning messages into templates change with versions of this project; stored
points stay as they are then, and a warning says so.
"""

from typing import Final

import structlog

from etl.errors import ConfigurationError
from etl.settings import Settings
from etl.state.metadata import Metadata

log = structlog.get_logger(__name__)

# Increase with each change that makes different points from the same reports or messages.
READING: Final = {"test reports": 3, "templates of messages": 3}

SHAPES = {
    "branches": "the `branch` tag of every measurement but `etl`",
    "masks": "the `job`, `job_group`, `step`, `runner`, `suite` and `test` tags",
    "failures": "the `signature` tag of failures",
    "tests.jobs": "the `job` tag of tests whose artifact does not tell it",
}


def require_unchanged(metadata: Metadata, settings: Settings, *, accept: bool) -> None:
    """Raise ConfigurationError if settings that shape tags changed, unless `accept` takes them over."""
    if accept:
        metadata.accept_naming(settings)
        metadata.accept_reading(READING)
        return
    metadata.begin(settings, READING)
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
    """A sentence: which rules are newer than those of the stored points, and what to do."""
    return (
        f"{' and '.join(rules)} are now read by newer rules than the stored points were: "
        "`ci-health backfill --since DATE --replace` reads them again, `ci-health sync --accept` leaves them"
    )
