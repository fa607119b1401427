"""What is known about the state itself: which settings shaped the tags of the points that are written."""

from typing import Any

from sqlalchemy import Engine, select

from etl.settings import Settings
from etl.state import tables
from etl.state.database import upsert

_NAMING = "naming"


def naming_of(settings: Settings) -> dict[str, Any]:
    """The settings that shape tags, as they are remembered."""
    shaping: dict[str, Any] = settings.model_dump(
        mode="json", include={"branches": True, "masks": True, "failures": True, "tests": {"jobs"}}
    )
    jobs = shaping.pop("tests")["jobs"]
    return {**shaping, "tests.jobs": jobs}


class Metadata:
    """Named JSON values."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def changed_naming(self, settings: Settings) -> list[str]:
        """Names of the settings that shape tags and are not what they were; the first time, none."""
        table = tables.facts
        with self._engine.connect() as connection:
            before = connection.scalar(select(table.c.value).where(table.c.name == _NAMING))
        if before is None:
            self.accept_naming(settings)
            return []
        return [name for name, value in naming_of(settings).items() if before.get(name) != value]

    def accept_naming(self, settings: Settings) -> None:
        """From now on these settings are what is compared with."""
        with self._engine.begin() as connection:
            upsert(connection, tables.facts, {"name": _NAMING, "value": naming_of(settings)})
