"""What only a server can do wrong, told as sentences."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from etl.errors import ConfigurationError, RetriableError
from etl.state import tables
from etl.state.database import open_database
from etl.state.migrations import STEPS, current_version
from tests.influxd import free_port
from tests.postgres import PASSWORD, Postgres


def refused(url: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        open_database(url)
    sentence = str(raised.value)
    assert PASSWORD not in sentence
    assert "docs/operations.md" not in sentence
    assert "\n" not in sentence
    return sentence


def test_a_server_that_is_away_is_reported() -> None:
    sentence = refused(f"postgresql://somebody:secret@127.0.0.1:{free_port()}/state")
    assert "onnection refused" in sentence
    assert "check that PostgreSQL runs" in sentence
    assert "somebody:***@" in sentence


def test_a_wrong_password_is_reported(postgres: Postgres) -> None:
    sentence = refused(postgres.url(postgres.database(), "wrong"))
    assert "password authentication failed" in sentence
    assert "check the user, the password and the database in state.url" in sentence


def test_a_missing_database_is_reported(postgres: Postgres) -> None:
    assert "check the user, the password and the database" in refused(postgres.url("nowhere"))


def test_a_user_without_rights_is_reported(postgres: Postgres) -> None:
    name = postgres.database()
    with postgres.connect(name) as connection:
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'reader'")
    sentence = refused(f"postgresql://reader:reader@127.0.0.1:{postgres.port}/{name}")
    assert "permission denied" in sentence


def test_an_option_that_does_not_exist_is_reported_before_anybody_waits_for_a_server() -> None:
    sentence = refused(f"postgresql://somebody:secret@127.0.0.1:{free_port()}/state?sslmodus=require")
    assert 'state.url: invalid connection option "sslmodus"' in sentence
    assert "refused" not in sentence


def test_many_may_make_the_tables_at_once(postgres_url: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        engines = list(threads.map(open_database, [postgres_url] * 8))
    for engine in engines:
        engine.dispose()


def test_connections_that_the_server_closed_are_replaced(postgres: Postgres) -> None:
    name = postgres.database()
    engine = open_database(postgres.url(name))
    postgres.cut(name)
    with engine.connect() as connection:
        assert connection.scalar(select(tables.facts.c.value)) == current_version(STEPS)
        postgres.cut(name)
        with pytest.raises(RetriableError, match="check that PostgreSQL runs"):
            connection.execute(text("SELECT 1"))
    engine.dispose()
