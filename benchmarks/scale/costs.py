"""What one of each costs, measured: the ground of the forecast in `docs/scale.md`."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from benchmarks.measure import Size
from benchmarks.scale.asked import Asked, asked
from benchmarks.scale.spent import Spent, spent
from benchmarks.scale.stored import Stored, stored


@dataclass(frozen=True, slots=True)
class Costs:
    """Of GitHub's limits, of the ETL, and of InfluxDB."""

    asked: Asked
    spent: Spent
    stored: Stored

    def as_data(self) -> dict[str, dict[str, float]]:
        """For JSON."""
        return {name: getattr(self, name)._asdict() for name in _GROUPS}

    @classmethod
    def of(cls, data: Mapping[str, Mapping[str, float]]) -> Self:
        """From what `as_data` gave."""
        groups: dict[str, Any] = {name: group(**data[name]) for name, group in _GROUPS.items()}
        return cls(**groups)


_GROUPS: Final = {"asked": Asked, "spent": Spent, "stored": Stored}


async def costs(size: Size) -> Costs:
    """All, measured one after the other."""
    return Costs(await asked(), await spent(size), await asyncio.to_thread(stored, size))
