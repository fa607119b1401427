"""A small file system, almost full, in the place of a folder; only one process sees it."""

import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest


def small_disk(folder: Path, *, megabytes: int, free_kb: int, again: bool = False) -> list[str]:
    """A command that runs another one so, and (`again`) starts it anew whenever it ends, on the same disk.

    Skips the test where that is not allowed.
    """
    folder.mkdir(exist_ok=True, parents=True, mode=0o700)
    ballast_kb = megabytes * 1_024 - free_kb
    mount = (
        f"mount -t tmpfs -o size={megabytes}m,mode=700 tmpfs {folder} && umask 077 && "
        f"head -c {ballast_kb}K /dev/zero > {folder}/ballast"
    )
    alone = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    if shutil.which("unshare") is None or subprocess.run([*alone, mount], check=False).returncode:
        pytest.skip("no file system of its own can be mounted here")
    start = "trap 'kill $!; exit' TERM; while :; do \"$@\" & wait $!; done" if again else 'exec "$@"'
    return [*alone, f"{mount} && {start}", "sh"]


def fill(pid: int, folder: Path) -> None:
    """Take all the room that is left in the file system that only this process sees."""
    with suppress(OSError), Path(f"/proc/{pid}/root{folder}/ballast").open("ab", buffering=0) as ballast:
        while ballast.write(bytes(1 << 12)):
            pass


def remove_ballast(pid: int, folder: Path) -> None:
    """Make room in the file system that only this process sees."""
    Path(f"/proc/{pid}/root{folder}/ballast").unlink()


def kill_child(pid: int) -> None:
    """Kill what runs `again`: it is started anew."""
    subprocess.run(["pkill", "-KILL", "-P", str(pid)], check=True)
