"""Settings that shape tags must not change unnoticed: old and new points would stand apart."""

from etl.errors import ConfigurationError
from etl.settings import Settings
from etl.state.metadata import Metadata

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
        return
    changed = metadata.changed_naming(settings)
    if changed:
        what = "; ".join(f"`{name}` shapes {SHAPES[name]}" for name in changed)
        raise ConfigurationError(
            f"{' and '.join(changed)} changed since points were last written: {what}. Points of new runs "
            "would be named differently from those that are stored. Run `ci-health backfill --since DATE "
            "--replace` to rename the stored ones, or `ci-health sync --accept` to leave them as they are"
        )
