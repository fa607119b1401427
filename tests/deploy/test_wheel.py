"""The wheel and the sdist: what is in them, what they need, and that the command runs from the wheel."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from configparser import ConfigParser
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

from tools import release_check
from tools.docs import ROOT

pytestmark = pytest.mark.slow

COMMAND = "etl.cli:main"
OF_EXTRAS = ("apscheduler", "mcp", "procrastinate", "prometheus_client", "psycopg", "psycopg_pool")


def build(folder: Path, version: str = "0.1.0") -> Path:
    """Build both from the checkout; `version` is what the tag would say. Returns the folder."""
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    environment = {**os.environ, "SETUPTOOLS_SCM_PRETEND_VERSION": version}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with both."""
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def sdist(dist: Path) -> Path:
    (path,) = dist.glob("*.tar.gz")
    return path


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as it would lie in an environment of its own."""
    folder = tmp_path_factory.mktemp("site")
    with ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def run(unpacked: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the wheel's command in an empty folder, where some packages are not installed."""

    def run(*arguments: str, without: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        code = (
            f"import sys; sys.path.insert(0, {str(unpacked)!r})\n"
            f"sys.modules.update(dict.fromkeys({list(without)!r}))\n"
            f"sys.argv = ['ci-health', *{list(arguments)!r}]\n"
            f"import etl; assert etl.__file__.startswith({str(unpacked)!r}), etl.__file__\n"
            "import runpy; runpy.run_module('etl', run_name='__main__')"
        )
        environment = {
            "PATH": os.environ["PATH"],
            "GITHUB_TOKEN": "of-a-test",
            "CI_HEALTH_REPOSITORIES": "acme/rocket",
        }
        command = [sys.executable, "-I", "-c", code]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True
        )

    return run


def names(archive: Path) -> set[str]:
    if archive.suffix == ".whl":
        with ZipFile(archive) as file:
            return set(file.namelist())
    listed = subprocess.run(["tar", "-tzf", archive], check=True, capture_output=True, text=True)
    return {name.partition("/")[2] for name in listed.stdout.splitlines()}


def test_the_wheel_holds_the_package_and_nothing_beside_it(wheel: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "etl"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    held = {name for name in names(wheel) if ".dist-info/" not in name}
    assert held == set(tracked.stdout.splitlines())
    assert "etl/py.typed" in held
    assert any(name.endswith("/licenses/LICENSE") for name in names(wheel))


def test_both_names_are_the_command(unpacked: Path) -> None:
    (file,) = unpacked.glob("*.dist-info/entry_points.txt")
    parser = ConfigParser()
    parser.read(file)
    assert dict(parser["console_scripts"]) == {"ci-health": COMMAND, "ci-health-metrics": COMMAND}


def test_the_sdist_builds_and_is_tested_without_lock_files_and_pictures(sdist: Path) -> None:
    held = names(sdist)
    assert {"pyproject.toml", "README.md", "etl/cli/app.py", "tests/conftest.py", "tools/docs.py"} <= held
    assert [name for name in held if re.search(r"\.lock$|\.png$|^\.(ci|github)/|\.venv/", name)] == []


def test_a_wheel_made_of_the_sdist_has_its_version(sdist: Path, tmp_path: Path) -> None:
    subprocess.run(["tar", "-xzf", sdist, "-C", tmp_path, "--strip-components=1"], check=True)
    command = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "-t",
        "wheel",
        "--directory",
        str(tmp_path / "made"),
    ]
    # No version from outside: it stands in PKG-INFO, as there is no git.
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    environment.pop("SETUPTOOLS_SCM_PRETEND_VERSION", None)
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert [path.name for path in (tmp_path / "made").iterdir()] == [
        "ci_health_metrics-0.1.0-py3-none-any.whl"
    ]


def test_what_is_installed_without_an_extra_is_not_for_a_server(wheel: Path) -> None:
    needed = release_check.headers(wheel)["Requires-Dist"]
    of_extras = {"apscheduler", "mcp", "procrastinate", "prometheus-client", "psycopg"}
    plain = {re.split(r"[^\w-]", line)[0] for line in needed if "extra ==" not in line}
    assert {"aiohttp", "duckdb", "sqlalchemy", "typer"} <= plain
    assert plain & of_extras == set()
    extras = ("mcp", "postgresql", "service")
    assert {line for line in needed if line.endswith("extra == 'all'")} == {
        line.replace(f"extra == '{extra}'", "extra == 'all'")
        for line in needed
        for extra in extras
        if line.endswith(f"extra == '{extra}'")
    }
    assert set(release_check.headers(wheel)["Provides-Extra"]) == {"all", *extras}


def test_pypi_finds_what_the_readme_links_to(wheel: Path, sdist: Path) -> None:
    for archive in (wheel, sdist):
        text = release_check.metadata(archive)
        targets = re.findall(r"\]\(([^)]+)\)", text)
        assert targets
        assert [target for target in targets if not target.startswith(("https://", "#"))] == []
        pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
        assert pictures
        for picture in pictures:
            path = re.fullmatch(
                r"https://raw\.githubusercontent\.com/[\w-]+/ci-health/v0\.1\.0/(.+)", picture
            )
            assert path is not None, picture
            assert (ROOT / path[1]).is_file()


def test_the_demo_runs_from_the_wheel_without_what_servers_need(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    demo = run("demo", without=OF_EXTRAS)
    assert demo.returncode == 0, demo.stderr
    assert "flaky" in demo.stdout
    assert (tmp_path / "ci-health-report.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "missing", "extra"),
    [
        (["run"], "prometheus_client", "service"),
        (["demo", "--serve"], "apscheduler", "service"),
        (["mcp"], "mcp", "mcp"),
    ],
)
def test_a_command_names_its_extra(
    run: Callable[..., subprocess.CompletedProcess[str]], arguments: list[str], missing: str, extra: str
) -> None:
    outcome = run(*arguments, without=[missing])
    assert outcome.returncode == 2, outcome.stderr
    command = " ".join(arguments)
    assert outcome.stderr.startswith(f"ci-health: `ci-health {command}` needs the Python package {missing}")
    assert outcome.stderr.endswith(f"pip install 'ci-health-metrics[{extra}]'\n")


def test_a_state_in_postgresql_names_its_extra(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "config").mkdir()
    influxdb = "influxdb: {url: 'http://127.0.0.1:1', org: o, bucket: b, token: t}"
    text = f"state: {{url: 'postgresql://127.0.0.1:1/state'}}\n{influxdb}\n"
    (tmp_path / "config/ci-health.yaml").write_text(text, "utf-8")
    outcome = run("sync", without=OF_EXTRAS)
    assert outcome.returncode == 2, outcome.stderr
    assert outcome.stderr.count("\n") == 1
    assert "psycopg, which is not installed: pip install 'ci-health-metrics[postgresql]'" in outcome.stderr


def release(folder: Path, version: str = "0.1.0") -> Path:
    """What a release is checked against besides its files."""
    (folder / "deploy/helm/ci-health").mkdir(parents=True)
    (folder / "CHANGELOG.md").write_text(f"# Changelog\n\n## [{version}] - 2026-01-01\n", "utf-8")
    chart = yaml.safe_dump({"appVersion": version})
    (folder / "deploy/helm/ci-health/Chart.yaml").write_text(chart, "utf-8")
    return folder


def test_a_release_needs_an_owner(dist: Path, tmp_path: Path) -> None:
    found = list(release_check.problems("v0.1.0", dist, release(tmp_path)))
    assert len(found) == 2
    assert all("names OWNER" in sentence for sentence in found)


def test_a_release_is_of_its_tag_and_told_of(
    dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_check, "_PLACEHOLDER", "nowhere")
    assert list(release_check.problems("v0.1.0", dist, release(tmp_path / "a"))) == []
    assert list(release_check.problems("v0.1.0", dist, release(tmp_path / "b", "0.2.0"))) == [
        "CHANGELOG.md has no section [0.1.0] with the day of the release",
        "deploy/helm/ci-health/Chart.yaml has appVersion 0.2.0 instead of 0.1.0",
    ]
    (wrong,) = release_check.problems("v0.1.1", dist, ROOT)
    assert "instead of ['ci_health_metrics-0.1.1" in wrong
    (none,) = release_check.problems("main", dist, ROOT)
    assert none.startswith("main is no tag of a release")


def test_the_checkout_is_ready_for_the_release_that_its_chart_names() -> None:
    chart = yaml.safe_load((ROOT / "deploy/helm/ci-health/Chart.yaml").read_text("utf-8"))
    assert f"\n## [{chart['appVersion']}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
