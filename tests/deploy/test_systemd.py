"""The systemd unit: systemd understands it, it confines the service, and its settings load."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from etl.cli.output import Exit
from etl.settings import load
from tools.docs import ROOT

UNIT = ROOT / "deploy/systemd/ci-health.service"
TEXT = UNIT.read_text("utf-8")
# systemd's measure: 10 for a service that may do everything; below 2 is its best class but one.
MOST_EXPOSED = 2.0

needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed"
)


def values(key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", TEXT, re.MULTILINE)


def installed(folder: Path, text: str = TEXT) -> Path:
    """The unit with a command that this machine has."""
    unit = folder / "ci-health.service"
    unit.write_text(text.replace("/opt/ci-health/.venv/bin/ci-health", "/bin/true"), "utf-8")
    return unit


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *arguments], capture_output=True, text=True, check=False
    )


@needs_systemd
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    found = analyze("verify", installed(tmp_path))
    assert (found.returncode, found.stderr) == (0, "")


@needs_systemd
def test_a_line_that_systemd_does_not_know_is_reported(tmp_path: Path) -> None:
    assert (
        "PrivateTemp"
        in analyze("verify", installed(tmp_path, TEXT.replace("PrivateTmp", "PrivateTemp"))).stderr
    )


@needs_systemd
def test_the_service_is_confined(tmp_path: Path) -> None:
    found = analyze("security", "--offline=yes", installed(tmp_path))
    (exposure,) = re.findall(r"Overall exposure level for ci-health\.service: ([\d.]+)", found.stdout)
    assert float(exposure) < MOST_EXPOSED


def test_every_line_is_a_key_with_a_value_in_a_section() -> None:
    lines = [line for line in TEXT.splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if line.startswith("[")] == ["[Unit]", "[Service]", "[Install]"]
    assert all(re.fullmatch(r"\[\w+\]|[A-Z]\w+=.*", line) for line in lines)


def test_settings_load_as_the_service_would_load_them(tmp_path: Path) -> None:
    (tmp_path / "ci-health.yaml").write_text("repositories: [acme/rocket]\n")
    (tmp_path / "github-token").write_text("a-token-of-a-test\n")
    here = {"%S": "/var/lib", "%d": str(tmp_path), "/etc/ci-health": str(tmp_path)}
    environment = {}
    for name, value in (line.split("=", 1) for line in values("Environment")):
        for stands_for, path in here.items():
            value = value.replace(stands_for, path)  # noqa: PLW2901
        environment[name] = value
    settings = load(environment)
    settings.require_source()
    assert settings.data_dir == Path("/var/lib", *values("StateDirectory"))
    assert list(settings.repositories) == ["acme/rocket"]
    (credential,) = values("LoadCredential")
    assert environment["CI_HEALTH_GITHUB__TOKEN_FILE"] == str(tmp_path / credential.split(":")[0])


def test_wrong_settings_are_not_tried_again() -> None:
    assert values("RestartPreventExitStatus") == [str(int(Exit.WRONG_CONFIGURATION))]
    assert values("Restart") == ["on-failure"]


def test_the_documentation_names_the_files_that_the_unit_reads() -> None:
    page = (ROOT / "docs/deployment.md").read_text("utf-8")
    for path in re.findall(r"/etc/ci-health/[\w.-]+", TEXT):
        assert path in page
    assert "deploy/systemd/ci-health.service" in page
