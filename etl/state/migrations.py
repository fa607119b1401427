"""Migrations of the state from older versions to this one: numbered steps.

A new table needs no step, because missing tables are created. Every other change to a released table
needs one; then `python -m tools.state_schema` records the schema of the new version.
"""

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Connection

from etl.errors import ConfigurationError

# A step changes tables or rows in the transaction that opens the state.
Step = Callable[[Connection], None]

# The first step leads from version 1 (release 0.1.0) to version 2, and so on.
STEPS: Final[Sequence[Step]] = ()


def current_version(steps: Sequence[Step]) -> int:
    """The version that these steps end at."""
    return 1 + len(steps)


def require_known(found: int, where: str, steps: Sequence[Step]) -> None:
    """Raise ConfigurationError for a newer version; `where` names the state in the message."""
    if found > current_version(steps):
        raise ConfigurationError(
            f"the state at {where} has version {found}, and this ci-health "
            f"knows versions up to {current_version(steps)}: install the newer ci-health that wrote it"
        )


def migrate(connection: Connection, found: int, steps: Sequence[Step]) -> None:
    """Take the steps from version `found` to the current one, all of them or none."""
    missing = steps[found - 1 :]
    if missing and connection.dialect.name == "sqlite":
        # Python's driver begins no transaction before CREATE or ALTER TABLE by itself.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    for step in missing:
        step(connection)
