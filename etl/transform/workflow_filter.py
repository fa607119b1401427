"""Decides which workflows are read; pure."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

_NOT = "!"


class WorkflowFilter:
    """Accepts workflows whose name, path or file name matches a glob, except those that match a `!glob`.

    If there are only `!globs`, all other workflows are accepted.
    """

    def __init__(self, globs: Sequence[str]) -> None:
        self._taken = [glob for glob in globs if not glob.startswith(_NOT)]
        self._left_out = [glob.removeprefix(_NOT) for glob in globs if glob.startswith(_NOT)]

    def __call__(self, *names_and_path: str) -> bool:
        """Whether a workflow is read; the last argument is the path of its file."""
        path = names_and_path[-1].partition("@")[0]
        names = [name for name in (*names_and_path[:-1], path, PurePosixPath(path).name) if name]
        taken = not self._taken or _matches(names, self._taken)
        return taken and not _matches(names, self._left_out)


def _matches(names: Sequence[str], globs: Sequence[str]) -> bool:
    return any(fnmatchcase(name, glob) for name in names for glob in globs)
