"""Parts that are not always installed: the extras of the distribution."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from etl.errors import ConfigurationError


class Extra(StrEnum):
    """Names of the extras."""

    SERVICE = "service"
    MCP = "mcp"
    POSTGRESQL = "postgresql"


@contextmanager
def needs(extra: Extra, what: str) -> Iterator[None]:
    """Import what an extra installs; `what` is what the user asked for.

    Raises ConfigurationError, which says how to install the extra, where it is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "etl":
            raise
        raise ConfigurationError(
            f"{what} needs the Python package {error.name}, which is not installed: "
            f"pip install 'ci-health-metrics[{extra}]'"
        ) from error
