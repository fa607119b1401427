"""GitHub's rate limits, shared between workers: one row for each identity (token or installation)."""

from dataclasses import asdict

from sqlalchemy import Engine, case, func, select
from sqlalchemy.dialects import postgresql, sqlite

from etl.model.rate_limit import Budget
from etl.state import tables
from etl.state.database import is_shared


class RateLimits:
    """The rate limits of all processes that use this state."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert = postgresql.insert if is_shared(engine) else sqlite.insert

    def exchange(self, identity: str, seen: Budget) -> Budget:
        """Merge what one worker saw of a rate limit into the shared value, and return that.

        Within a window the smallest `remaining` wins, a later window replaces an earlier one, and the longest
        wait wins.
        """
        table = tables.budgets
        made = self._insert(table).values(identity=identity, **asdict(seen))
        new, old = made.excluded, table.c
        is_later = func.coalesce(new.reset, 0) > func.coalesce(old.reset, 0)
        is_less = (new.reset == old.reset) & (new.remaining < old.remaining)
        is_longer = new.held_until > old.held_until
        changed = {
            name: case((is_later | is_less, new[name]), else_=old[name])
            for name in ("limit", "remaining", "reset")
        } | {name: case((is_longer, new[name]), else_=old[name]) for name in ("held_until", "held_by")}
        with self._engine.begin() as connection:
            connection.execute(made.on_conflict_do_update(index_elements=[old.identity], set_=changed))
            row = connection.execute(select(table).where(old.identity == identity)).one()
        return Budget(row.limit, row.remaining, row.reset, row.held_until, row.held_by)
