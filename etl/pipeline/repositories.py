"""The list of watched repositories: those named in the settings, and those that match its globs now.

A repository keeps the name under which it was first found, so that its points stay together when it is
renamed.
"""

from collections.abc import Callable
from fnmatch import fnmatchcase

import structlog

from etl.errors import CiHealthError, ConfigurationError, FatalError
from etl.extract.github.accounts import Accounts
from etl.settings import Settings, is_glob
from etl.state.repositories import KnownRepository
from etl.state.state import State

log = structlog.get_logger(__name__)

# How often to look for new installations and repositories.
_EVERY_S = 3_600.0


class RepositoryList:
    """The names of all watched repositories; `known` has those found last.

    `ingested` has those of which only other CIs tell: GitHub is never asked about them.
    """

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
        self.ingested: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """The names of all repositories that there is something of."""
        return tuple(dict.fromkeys([*self.known, *self.ingested]))

    async def recall(self) -> None:
        """Load the names that an earlier process found."""
        self.known = await self._state.call(self._remembered)
        await self.recall_ingested()

    async def recall_ingested(self) -> None:
        """Load the names of which other CIs told, also to other processes."""
        self.ingested = tuple(await self._state.call(self._state.repositories.ingested))

    def add_ingested(self, repository: KnownRepository) -> None:
        """Add a name unless it is a repository of GitHub."""
        if repository.id < 0 and repository.name not in self.ingested:
            self.ingested = (*self.ingested, repository.name)

    async def names(self) -> tuple[str, ...]:
        """All names. If GitHub cannot be asked, those found last, also by an earlier process.

        Raises the error of asking GitHub if none are known.
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
        """Names that match a pattern."""
        if not is_glob(pattern):
            return [pattern]
        try:
            repositories = await self._accounts.repositories(pattern.partition("/")[0])
        except FatalError:
            # Kept as a name: its sync fails and is reported like any other, without failing the others.
            return [pattern]
        fitting = [item for item in repositories if _fits(item.full_name, pattern)]
        known = [await self._state.call(self._state.repositories.name_of, item.id) for item in fitting]
        found = [name or item.full_name for name, item in zip(known, fitting, strict=True)]
        if not found:
            log.warning("a pattern matches no repository that the GitHub App may see", pattern=pattern)
        return found

    def _remembered(self) -> tuple[str, ...]:
        """Names in the settings, and names in the state that match a glob."""
        named = [name for name in self._settings.repositories if not is_glob(name)]
        stored = self._state.repositories.names() if self._settings.globs else []
        fitting = [name for name in stored if any(_fits(name, glob) for glob in self._settings.globs)]
        return tuple(dict.fromkeys([*named, *fitting]))


def _fits(name: str, pattern: str) -> bool:
    """Whether a name matches a pattern; GitHub's names are case-insensitive."""
    return fnmatchcase(name.lower(), pattern.lower())
