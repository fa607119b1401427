"""Fetch the page's JavaScript library anew: the pinned version, by its checksum. Needs npm.

    python -m tools.vendor

`vendored.json` beside the files names version and integrity of the package and the files that are
kept of it; the files' checksums are written back there. To move to another version, change the
version and the integrity (`npm view NAME@VERSION dist.integrity`).
"""

import base64
import hashlib
import io
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

from tools.docs import ROOT

FOLDER = ROOT / "etl/report/vendor/uplot"


def main() -> None:
    """Fetch, check and unpack."""
    record = json.loads((FOLDER / "vendored.json").read_text("utf-8"))
    package = _fetched(f"{record['name']}@{record['version']}")
    found = f"sha512-{base64.b64encode(hashlib.sha512(package).digest()).decode()}"
    if found != record["integrity"]:
        raise SystemExit(f"the package is not the one that was pinned: {found}")
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        for name, entry in record["files"].items():
            member = archive.extractfile(f"package/{entry['from']}")
            if member is None:
                raise SystemExit(f"the package has no file {entry['from']}")
            content = member.read()
            entry["sha256"] = hashlib.sha256(content).hexdigest()
            (FOLDER / name).write_bytes(content)
    (FOLDER / "vendored.json").write_text(f"{json.dumps(record, indent=2)}\n", "utf-8")


def _fetched(package: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--ignore-scripts", "--silent", package]
        subprocess.run(command, check=True, cwd=folder)  # noqa: S603 - a fixed command
        (path,) = Path(folder).glob("*.tgz")
        return path.read_bytes()


if __name__ == "__main__":
    main()
