"""What the deployment files name exists, and they follow their formats."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from etl.settings import load
from tools.docs import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES = COMPOSE["services"]
VARIABLE = re.compile(r"\$\{(\w+)")
FILLED = re.compile(r"\$\{\w+:-([^}]*)\}")


def dotenv() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_compose_file_follows_the_specification(check_jsonschema: Any) -> None:
    check_jsonschema("--builtin-schema", "vendor.compose-spec", ROOT / "docker-compose.yml")


def test_the_example_environment_has_every_variable_of_the_compose_file() -> None:
    used = set(VARIABLE.findall((ROOT / "docker-compose.yml").read_text("utf-8")))
    # Which profile is up is Compose's own variable.
    assert used | {"COMPOSE_PROFILES"} == set(dotenv())
    assert dotenv()["COMPOSE_PROFILES"] in SERVICES["etl"]["profiles"]


def test_the_example_environment_holds_no_secret() -> None:
    named = {name for name in dotenv() if re.search("TOKEN|PASSWORD", name)}
    assert {name for name in named if not name.endswith("_FILE")} == set()


def test_the_demo_needs_no_variable() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    # Compose fills in the whole file, whichever profile is up.
    assert text.count("${") == len(re.findall(r"\$\{\w+:-", text))
    environment = SERVICES["demo"]["environment"]
    assert not [name for name in environment if "GITHUB" in name]
    assert "secrets" not in SERVICES["demo"]


def test_the_compose_file_mounts_what_exists_and_names_its_volumes() -> None:
    for service in SERVICES.values():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_ports_are_open_to_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_whoever_depends_on_a_service_waits_for_its_health_or_its_end() -> None:
    for service in SERVICES.values():
        for name, wish in service.get("depends_on", {}).items():
            ends = SERVICES[name].get("restart") == "no"
            assert wish == {"condition": "service_completed_successfully" if ends else "service_healthy"}
            assert ends or "healthcheck" in SERVICES[name]


def test_images_are_pinned() -> None:
    images = [service["image"] for service in SERVICES.values() if "image" in service]
    assert all(re.search(r":\d+\.\d+\.\d+", image) for image in images)


@pytest.mark.parametrize("name", ["etl", "demo"])
def test_the_etl_is_given_settings_that_load(name: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of a test", "utf-8")
    given = {
        key: str(secret) if key.endswith("_FILE") else FILLED.sub(r"\1", value)
        for key, value in SERVICES[name]["environment"].items()
    }
    settings = load(given | {"CI_HEALTH_REPOSITORIES": "acme/rocket"})
    assert settings.influxdb
    assert (settings.influxdb.org, settings.influxdb.bucket) == ("ci-health", "ci-health")
    assert (settings.github.token is not None) == (name == "etl")


def test_the_data_source_reads_variables_that_grafana_is_given() -> None:
    text = (ROOT / "grafana-provisioning/datasources/influxdb.yaml").read_text("utf-8")
    exported = set(re.findall(r"export (\w+)=", " ".join(SERVICES["grafana"]["entrypoint"])))
    assert set(re.findall(r"\$(\w+)", text)) <= exported | set(SERVICES["grafana"]["environment"])
    (source,) = yaml.safe_load(text)["datasources"]
    assert source["secureJsonData"] == {"token": "$INFLUXDB_READ_TOKEN"}


def dockerfile_copies() -> list[str]:
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    return [word for line in lines for word in line.split() if not word.startswith("--")]


def test_the_image_is_built_from_what_exists_and_is_not_ignored() -> None:
    allowed = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert dockerfile_copies()
    for source in dockerfile_copies():
        assert (ROOT / source).exists()
        assert f"!{source}" in allowed


def test_the_image_runs_the_service_without_root() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert re.search(r"^USER [1-9]\d*$", text, re.MULTILINE)
    assert text.endswith('ENTRYPOINT ["ci-health"]\nCMD ["run"]\n')


def test_the_hooks_are_valid_and_need_no_network() -> None:
    config_file = str(ROOT / ".pre-commit-config.yaml")
    command = [sys.executable, "-m", "pre_commit", "validate-config", config_file]
    subprocess.run(command, check=True, capture_output=True)
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert [repository["repo"] for repository in config["repos"]] == ["local"]


@pytest.mark.parametrize("name", ["report.html.j2", "report.css"])
def test_the_report_finds_its_files_within_the_package(name: str) -> None:
    assert (ROOT / "etl/report" / name).is_file()
