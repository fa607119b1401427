"""Tables and views of the embedded store, as the schema has them.

A file that an older version made gets what it lacks. Statements are built only from the schema.
"""

from functools import cache
from typing import Final

import duckdb

from etl.load.readable import TYPES, columns_of_view, literal, quoted, select
from etl.model.schema import MEASUREMENTS, Measurement

# Begins the comment of each of these views. A view without it belongs to the file's owner.
_MARK: Final = "ci-health: "
_VIEWS: Final = {measurement.view: measurement for measurement in MEASUREMENTS.values()}


def stored(measurement: Measurement) -> dict[str, str]:
    """Columns of a measurement's table: name → type."""
    fields = {name: TYPES[type_] for name, type_ in measurement.field_types.items()}
    return {"time": "BIGINT", **dict.fromkeys(measurement.tag_names, "VARCHAR"), **fields}


def prepare(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Create missing tables, columns and views; returns the names of views that the file's owner has taken."""
    create_tables(connection)
    return _create_views(connection)


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create missing tables, and missing columns of those that are there."""
    present = _columns(connection)
    for name, measurement in MEASUREMENTS.items():
        wanted = stored(measurement)
        if name not in present:
            columns = ", ".join(f"{column} {type_}" for column, type_ in wanted.items())
            connection.execute(f"CREATE TABLE {name} ({columns})")
            continue
        for column in (column for column in wanted if column not in present[name]):
            connection.execute(f"ALTER TABLE {name} ADD COLUMN {column} {wanted[column]}")


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """The columns of each table, by lower-case names, as DuckDB compares them."""
    found: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "SELECT lower(table_name), lower(column_name) FROM duckdb_columns() "
        "WHERE database_name = current_database() AND schema_name = 'main'"
    ).fetchall():
        found.setdefault(table, set()).add(column)
    return found


def _create_views(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Create the readable view of each measurement, and renew those that are not as the schema says.

    Returns the names that the file's owner uses for something else, which is left as it is.
    """
    ours = _described(connection)
    taken = _names(connection) - ours.keys()
    connection.begin()
    for name, description in _new().items():
        if name not in taken and ours.get(name) != description:
            _create_view(connection, _VIEWS[name])
    connection.commit()
    return sorted(taken & _VIEWS.keys())


def _create_view(connection: duckdb.DuckDBPyConnection, measurement: Measurement) -> None:
    view, chosen = measurement.view, tuple(columns_of_view(measurement))
    connection.execute(f"CREATE OR REPLACE VIEW {view} AS {select(chosen, measurement.name)}")
    connection.execute(f"COMMENT ON VIEW {view} IS {literal(f'{_MARK}one row per {measurement.per}')}")
    for column in chosen:
        connection.execute(f"COMMENT ON COLUMN {view}.{quoted(column.name)} IS {literal(column.doc)}")


@cache
def _new() -> dict[str, list[tuple[str, ...]]]:
    """What `_described` returns for a new file."""
    with duckdb.connect() as connection:
        create_tables(connection)
        for measurement in MEASUREMENTS.values():
            _create_view(connection, measurement)
        return _described(connection)


def _described(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, ...]]]:
    """These views in a file: name → definition and comment, then name and comment of each column."""
    views = connection.execute(
        "SELECT view_name, sql, comment FROM duckdb_views() "
        "WHERE database_name = current_database() AND schema_name = 'main' AND starts_with(comment, $mark)",
        {"mark": _MARK},
    ).fetchall()
    columns = connection.execute(
        "SELECT table_name, column_name, comment FROM duckdb_columns() "
        "WHERE database_name = current_database() AND schema_name = 'main' ORDER BY column_index"
    ).fetchall()
    return {
        view: [(sql, comment), *((name, doc) for table, name, doc in columns if table == view)]
        for view, sql, comment in views
    }


def _names(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Names of tables and views; DuckDB takes no two that differ only in case."""
    return {
        name.lower()
        for (name,) in connection.execute(
            "SELECT table_name FROM duckdb_tables() "
            "WHERE database_name = current_database() AND schema_name = 'main' "
            "UNION ALL SELECT view_name FROM duckdb_views() "
            "WHERE database_name = current_database() AND schema_name = 'main' AND NOT internal"
        ).fetchall()
    }
