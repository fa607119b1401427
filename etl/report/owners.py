"""Owners of files, by a CODEOWNERS file. Pure functions.

Source: GitHub docs, "About code owners": the last pattern that matches a file names its owners.
"""

import re
from typing import Final

from codeowners import CodeOwners

from etl.errors import ConfigurationError
from etl.verdict.known import Failed

# Where runners check out a repository: annotations may name files with the whole path.
_CHECKOUT: Final = re.compile(r"\A(?:/home/runner/work|/__w|[A-Z]:[\\/]a)[\\/][^\\/]+[\\/][^\\/]+[\\/]")
# What GitHub names as the file of a message that is about none.
_NO_FILE: Final = ("", ".github")


class Owners:
    """Owners by file; an empty text has none."""

    def __init__(self, text: str = "") -> None:
        """Raises ConfigurationError for a pattern that is not understood."""
        try:
            self._rules = CodeOwners(text)
        except (ValueError, re.error) as error:
            raise ConfigurationError(f"the file of code owners is not understood: {error}") from None

    def of(self, failed: Failed) -> str | None:
        """The owners of the file that a failure names, separated by spaces; None without a file or an owner."""
        return self.of_path(failed.path)

    def of_path(self, named: str) -> str | None:
        """The owners of a file as a message names it; the same."""
        path = _CHECKOUT.sub("", named).replace("\\", "/").removeprefix("./")
        if path in _NO_FILE or path.startswith("/"):
            return None
        return " ".join(name for _, name in self._rules.of(path)) or None


NOBODY: Final = Owners()
