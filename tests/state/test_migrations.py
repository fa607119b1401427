"""A state of an older version goes up to this one, whole or not at all; a newer one is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, Table, inspect, select, text, update

from etl.errors import ConfigurationError
from etl.state import tables
from etl.state.database import open_database
from etl.state.migrations import STEPS, Step, current_version
from etl.state.repositories import KnownRepository, Repositories
from tools import state_schema

VERSIONS = range(1, current_version(STEPS) + 1)


def add_column(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE runs ADD COLUMN actor TEXT"))


def double_points(connection: Connection) -> None:
    connection.execute(update(tables.outbox).values(points=2 * tables.outbox.c.points))


def fail(_connection: Connection) -> None:
    raise RuntimeError("no space left in this test")


@contextmanager
def opened(url: str, *steps: Step) -> Iterator[Engine]:
    engine = open_database(url, steps)
    try:
        yield engine
    finally:
        engine.dispose()


def version_of(engine: Engine) -> int | None:
    with engine.connect() as connection:
        return connection.scalar(select(tables.facts.c.value).where(tables.facts.c.name == "version"))


def schema_of(engine: Engine) -> dict[str, Any]:
    """Columns, keys and indexes of the tables that this version knows."""
    found = inspect(engine)
    return {
        name: (
            [(one["name"], str(one["type"]), one["nullable"]) for one in found.get_columns(name)],
            found.get_pk_constraint(name)["constrained_columns"],
            sorted((str(one["name"]), str(one["column_names"])) for one in found.get_indexes(name)),
        )
        for name in tables.metadata.tables
    }


def write(engine: Engine) -> None:
    """Put a row into the outbox."""
    with engine.begin() as connection:
        row = {"repository": "acme/rocket", "points": 3, "lines": b"l", "added_at": 1}
        connection.execute(tables.outbox.insert(), row)


def points(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(select(tables.outbox.c.points)))


def test_a_new_state_has_the_current_version_and_takes_no_step(state_url: str) -> None:
    with opened(state_url, fail, fail) as engine:
        assert version_of(engine) == 3


def test_an_older_state_takes_the_steps_that_it_lacks_once_and_in_order(state_url: str) -> None:
    with opened(state_url) as engine:
        write(engine)
    with opened(state_url, add_column) as engine:
        assert version_of(engine) == 2
    for _ in range(2):
        with opened(state_url, add_column, double_points) as engine:
            assert version_of(engine) == 3
            assert points(engine) == [6]
            assert "actor" in {column["name"] for column in inspect(engine).get_columns("runs")}


def test_a_step_that_fails_leaves_the_state_as_it_was(state_url: str) -> None:
    with opened(state_url) as engine:
        write(engine)
    with pytest.raises(RuntimeError, match="no space"), opened(state_url, double_points, add_column, fail):
        pass
    with opened(state_url) as engine:
        assert version_of(engine) == 1
        assert points(engine) == [3]
        assert "actor" not in {column["name"] for column in inspect(engine).get_columns("runs")}


def test_a_newer_state_is_refused_and_left_as_it_is(state_url: str) -> None:
    with opened(state_url, add_column) as engine:
        before = schema_of(engine)
    with pytest.raises(
        ConfigurationError, match="version 2, and this ci-health knows versions up to 1"
    ) as it:
        open_database(state_url, ())
    assert "install the newer ci-health" in str(it.value)
    assert "secret" not in str(it.value)
    with opened(state_url, add_column) as engine:
        assert schema_of(engine) == before


@pytest.mark.parametrize("version", VERSIONS)
def test_a_state_of_every_version_becomes_what_is_created_today(version: int, state_url: str) -> None:
    """Where it fails, a table has changed: `etl/state/migrations.py` says what that takes."""
    with opened(state_url, *STEPS) as engine:
        expected = schema_of(engine)
        dialect = engine.dialect.name
        with engine.begin() as connection:
            tables.metadata.drop_all(connection)
            for statement in state_schema.path(version, dialect).read_text("utf-8").split(";\n")[:-1]:
                connection.execute(text(statement))
            connection.execute(tables.facts.insert(), {"name": "version", "value": version})
    with opened(state_url, *STEPS) as engine:
        assert version_of(engine) == current_version(STEPS)
        assert schema_of(engine) == expected


def test_a_table_that_is_missing_is_created_without_a_step(state_url: str) -> None:
    with opened(state_url) as engine:
        tables.deliveries.drop(engine)
        Table("of_somebody_else", MetaData(), Column("id", Integer)).create(engine)
    with opened(state_url) as engine:
        assert inspect(engine).has_table("deliveries")
        assert inspect(engine).has_table("of_somebody_else")


def test_a_process_of_this_version_begins_nothing_once_a_newer_one_has_migrated_the_state(
    state_url: str,
) -> None:
    with opened(state_url, *STEPS) as old:
        repositories = Repositories(old)
        repository = KnownRepository(1, "acme/a", "acme/a", "main", ())
        with old.begin() as connection:
            repositories.save(connection, repository)
        assert repositories.begin_session(repository).turn == 1
        with (
            opened(state_url, *STEPS, add_column),
            pytest.raises(ConfigurationError, match="newer ci-health"),
        ):
            repositories.begin_session(repository)
