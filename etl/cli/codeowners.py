"""Finds the CODEOWNERS file of a checkout."""

from pathlib import Path
from typing import Final

from etl.errors import ConfigurationError
from etl.report.owners import NOBODY, Owners

# In the order in which GitHub looks for it.
_PLACES: Final = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")


def owners_of(file: Path | None, checkout: Path | None) -> Owners:
    """Owners by the file, or else by the one in the checkout; nobody if there is none.

    Raises ConfigurationError if the file cannot be read.
    """
    if file is None and checkout is not None:
        file = next((path for place in _PLACES if (path := checkout / place).is_file()), None)
    if file is None:
        return NOBODY
    try:
        return Owners(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"the file of code owners {file} cannot be read: {reason}") from None
