"""What the answers ask, and the parameters that they take."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from etl.errors import ConfigurationError
from etl.load.store import Store
from etl.model.writes import Row
from etl.report.ask import ask, last_days, parameters
from etl.settings import Settings

_P = TypeVar("_P", bound="Parameters")
_MAX_CLOSE: Final = 5
_CLOSE: Final = 0.6

Days = Annotated[int, Field(ge=1, le=365, description="the last N days")]
Name = Annotated[str, Field(min_length=1, max_length=2_000, description="exact name of a test or a job")]


class Parameters(BaseModel):
    """What every answer takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    repository: str = Field("", max_length=200, description="`owner/name`; default: all")
    tokens: int = Field(500, ge=200, le=20_000, description="about how long the answer may be")

    def asked_repository(self) -> str:
        """The repository that is asked about; an empty text for all."""
        return self.repository


@dataclass(frozen=True, slots=True)
class Source:
    """A store, and the repositories that it may be asked about (None: all)."""

    store: Store
    settings: Settings
    now: datetime
    names: frozenset[str] | None = None

    async def rows(self, question: str, asked: Parameters, days: int, **more: Any) -> list[Row]:
        """The answer to a question about the last `days` days."""
        period = last_days(days, self.now.timestamp())
        given = {**parameters(period, asked.repository), **more}
        found = (await ask(self.store, self.settings, [question], given))[question]
        return [row for row in found if self.names is None or row["repository"] in self.names]


def parsed(model: type[_P], given: Mapping[str, Any]) -> _P:
    """The parameters; raises ConfigurationError, which does not quote what was given."""
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        wrong = (
            f"{'.'.join(map(str, one['loc'])) if one['type'] != 'extra_forbidden' else 'a parameter'}: {one['msg']}"
            for one in error.errors(include_url=False, include_input=False)
        )
        takes = ", ".join(model.model_fields)
        raise ConfigurationError(f"{'; '.join(wrong)}. The parameters are {takes}") from None


def close_names(name: str, known: Iterable[str]) -> list[str]:
    """Known names that contain this one or are spelled like it, the closest first."""
    folded = {one.casefold(): one for one in sorted(known)}
    wanted = name.casefold()
    close = difflib.get_close_matches(wanted, folded, n=_MAX_CLOSE, cutoff=_CLOSE)
    within = sorted((one for one in folded if wanted in one), key=len)
    return [folded[one] for one in dict.fromkeys((*close, *within))][:_MAX_CLOSE]
