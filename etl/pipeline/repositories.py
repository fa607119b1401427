"""Which repositories are watched: those that are named, and those that globs stand for now.

A repository keeps the name under which it was first met, so that its points stay together when it is
renamed.
"""

from collections.abc import Callable
from fnmatch import fnmatchcase

import structlog

from etl.errors import CiHealthError, ConfigurationError, FatalError
from etl.extract.github.accounts import Accounts
from etl.settings import Settings, is_glob
from etl.state.state import State

log = structlog.get_logger(__name__)

# New installations and repositories are looked for so often.
_EVERY_S = 3_600.0


class RepositoryList:
    """The names of all repositories; `known` has them as they were last found."""

    def __init__(
        self,
        settings: Settings,
        accounts: Accounts,
        state: State,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._accounts = accounts
        self._state = state
        self._clock = clock
        self._found_at: float | None = None
        self.known: tuple[str, ...] = ()

    async def recall(self) -> None:
        """Take over the names that an earlier process found."""
        self.known = await self._state.call(self._remembered)

    async def names(self) -> tuple[str, ...]:
        """All names. Where GitHub cannot be asked anew, those that were found last, by an earlier process too.

        Raises what asking GitHub raises where there are none.
        """
        now = self._clock()
        if self._found_at is not None and now - self._found_at < _EVERY_S:
            return self.known
        try:
            await self._accounts.refresh()
            found = [name for pattern in self._settings.repositories for name in await self._of(pattern)]
        except ConfigurationError:
            raise
        except CiHealthError as error:
            if not self.known:
                raise
            log.warning("new repositories cannot be looked for", reason=str(error))
            return self.known
        self.known = tuple(dict.fromkeys(found))
        self._found_at = now
        return self.known

    async def _of(self, pattern: str) -> list[str]:
        """Names that a pattern stands for."""
        if not is_glob(pattern):
            return [pattern]
        try:
            repositories = await self._accounts.repositories(pattern.partition("/")[0])
        except FatalError:
            # As a repository that cannot be read it costs no other one, and is told like any.
            return [pattern]
        fitting = [item for item in repositories if _fits(item.full_name, pattern)]
        known = [await self._state.call(self._state.repositories.name_of, item.id) for item in fitting]
        found = [name or item.full_name for name, item in zip(known, fitting, strict=True)]
        if not found:
            log.warning("a pattern stands for no repository that the GitHub App may see", pattern=pattern)
        return found

    def _remembered(self) -> tuple[str, ...]:
        """Names that are set, and those in the state that globs stand for."""
        named = [name for name in self._settings.repositories if not is_glob(name)]
        stored = self._state.repositories.names() if self._settings.globs else []
        fitting = [name for name in stored if any(_fits(name, glob) for glob in self._settings.globs)]
        return tuple(dict.fromkeys([*named, *fitting]))


def _fits(name: str, pattern: str) -> bool:
    """Whether a pattern stands for a name; GitHub's names are the same in any case."""
    return fnmatchcase(name.lower(), pattern.lower())
