"""Tags of GitHub's pages, so that an unchanged page costs no rate limit."""

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict

from sqlalchemy import Connection, Engine, bindparam, delete, select

from etl.model.pages import PageTag
from etl.state import tables
from etl.state.database import upsert

_KEPT_S = 45 * 86_400
# Used with every request: built once, since building a statement takes longer than SQLite takes to answer.
_PAGE = (
    select(tables.page_tags)
    .join(tables.repositories, tables.repositories.c.id == tables.page_tags.c.repository_id)
    .where(
        tables.repositories.c.name == bindparam("name"),
        tables.page_tags.c.url == bindparam("url"),
        tables.page_tags.c.identity == bindparam("identity"),
    )
)


class Pages:
    """Page tags by repository."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def get(self, name: str, url: str, identity: str) -> PageTag | None:
        """The tag of GitHub's last answer to this URL and token, for the repository with this name."""
        asked = {"name": name, "url": url, "identity": identity}
        with self._engine.connect() as connection:
            row = connection.execute(_PAGE, asked).one_or_none()
        if row is None:
            return None
        return PageTag(row.url, row.identity, row.etag, row.next_url, row.total_count, row.items)

    def save(self, connection: Connection, repository_id: int, tags: Iterable[PageTag]) -> None:
        """Store tags in the caller's transaction, together with the data read from the pages."""
        common = {"repository_id": repository_id, "saved_at": int(self._clock())}
        upsert(connection, tables.page_tags, *({**common, **asdict(tag)} for tag in tags))

    def forget(self, connection: Connection, repository_id: int) -> None:
        """Delete all, so that everything is read again."""
        connection.execute(delete(tables.page_tags).where(tables.page_tags.c.repository_id == repository_id))

    def prune(self, connection: Connection, repository_id: int) -> None:
        """Delete tags stored more than 45 days ago: no window reaches back so far."""
        columns = tables.page_tags.c
        connection.execute(
            delete(tables.page_tags).where(
                columns.repository_id == repository_id, columns.saved_at < int(self._clock()) - _KEPT_S
            )
        )
