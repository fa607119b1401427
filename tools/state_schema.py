"""Write down what the tables of the state's current version look like: `python -m tools.state_schema`.

A test migrates a state of every version that is written down. What a release wrote never changes;
the version that no release has yet may be written again.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement

from etl.state import tables
from etl.state.migrations import STEPS, current_version

FOLDER = Path(__file__).parent.parent / "tests/state/schemas"
_DIALECTS: dict[str, Callable[[], Dialect]] = {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect}


def path(version: int, dialect: str) -> Path:
    """The file with the SQL that makes the tables of a version."""
    return FOLDER / f"{version}.{dialect}.sql"


def schema(dialect: str) -> str:
    """The SQL that makes today's tables and indexes, a statement a paragraph."""
    statements = [str(made.compile(dialect=_DIALECTS[dialect]())).strip() for made in _statements()]
    lines = (line.replace("\t", "    ").rstrip() for line in ";\n\n".join(statements).splitlines())
    return "\n".join(lines) + ";\n"


def _statements() -> Iterator[DDLElement]:
    for table in tables.metadata.sorted_tables:
        yield CreateTable(table)
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            yield CreateIndex(index)


def main() -> None:
    """Write a file for each database."""
    for dialect in _DIALECTS:
        path(current_version(STEPS), dialect).write_text(schema(dialect), "utf-8")


if __name__ == "__main__":
    main()
