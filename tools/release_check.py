"""Whether what was built may be released as a tag: `python -m tools.release_check v0.1.0 dist`.

Says in one sentence a line what is wrong, and then ends with 1.
"""

import re
import sys
import tarfile
from collections.abc import Iterator, Sequence
from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZipFile

import yaml

_ROOT = Path(__file__).parent.parent
_NAME = "ci_health_metrics"
_PLACEHOLDER = "github.com/OWNER/"


def problems(tag: str, dist: Path, root: Path = _ROOT) -> Iterator[str]:
    """What keeps the wheel and the sdist in a folder from being the release of a tag."""
    if not re.fullmatch(r"v\d+\.\d+\.\d+", tag):
        yield f"{tag} is no tag of a release: write for example v0.1.0"
        return
    version = tag.removeprefix("v")
    expected = {f"{_NAME}-{version}-py3-none-any.whl", f"{_NAME}-{version}.tar.gz"}
    found = {path.name for path in dist.iterdir()}
    if found != expected:
        yield f"{dist} has {sorted(found)} instead of {sorted(expected)}"
        return
    for name in sorted(found):
        if _PLACEHOLDER in metadata(dist / name):
            yield f"{name} names OWNER instead of the project's owner on GitHub: write it into pyproject.toml"
    changelog = (root / "CHANGELOG.md").read_text("utf-8")
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE):
        yield f"CHANGELOG.md has no section [{version}] with the day of the release"
    chart = yaml.safe_load((root / "deploy/helm/ci-health/Chart.yaml").read_text("utf-8"))
    if chart["appVersion"] != version:
        yield f"deploy/helm/ci-health/Chart.yaml has appVersion {chart['appVersion']} instead of {version}"


def metadata(archive: Path) -> str:
    """The core metadata of a wheel or an sdist; the README is its body."""
    if archive.suffix == ".whl":
        with ZipFile(archive) as wheel:
            (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
            return wheel.read(name).decode()
    with tarfile.open(archive) as sdist:
        file = sdist.extractfile(f"{archive.name.removesuffix('.tar.gz')}/PKG-INFO")
        assert file is not None
        return file.read().decode()


def headers(archive: Path) -> dict[str, list[str]]:
    """The fields of the core metadata, each with all its values."""
    message = HeaderParser().parsestr(metadata(archive))
    return {name: [str(value) for value in message.get_all(name, [])] for name in message}


def main(arguments: Sequence[str]) -> int:
    """Check the files of a release; the exit code."""
    tag, dist = arguments
    found = list(problems(tag, Path(dist)))
    for sentence in found:
        sys.stderr.write(f"{sentence}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
