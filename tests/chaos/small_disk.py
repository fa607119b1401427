"""A small file system, almost full, in the place of a folder; only one process sees it."""

import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest


def small_disk(folder: Path, *, megabytes: int, free_kb: int) -> list[str]:
    """A command that runs another one so; skips the test where that is not allowed."""
    folder.mkdir(exist_ok=True, parents=True, mode=0o700)
    ballast_kb = megabytes * 1_024 - free_kb
    script = (
        f"mount -t tmpfs -o size={megabytes}m,mode=700 tmpfs {folder} && umask 077 && "
        f'head -c {ballast_kb}K /dev/zero > {folder}/ballast && exec "$@"'
    )
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], check=False).returncode:
        pytest.skip("no file system of its own can be mounted here")
    return command


def fill(pid: int, folder: Path) -> None:
    """Take all the room that is left in the file system that only this process sees."""
    with suppress(OSError), Path(f"/proc/{pid}/root{folder}/ballast").open("ab", buffering=0) as ballast:
        while ballast.write(bytes(1 << 12)):
            pass


def remove_ballast(pid: int, folder: Path) -> None:
    """Make room in the file system that only this process sees."""
    Path(f"/proc/{pid}/root{folder}/ballast").unlink()
