"""What the deployment files name exists, and they follow their formats."""

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from etl.settings import load
from etl.settings.environment import read_environment
from tools.docs import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
VARIABLE = re.compile(r"\$\{(\w+)")


def dotenv() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_compose_file_follows_the_specification(check_jsonschema: Any) -> None:
    check_jsonschema("--builtin-schema", "vendor.compose-spec", ROOT / "docker-compose.yml")


def test_the_example_environment_has_every_variable_of_the_compose_file() -> None:
    assert set(VARIABLE.findall((ROOT / "docker-compose.yml").read_text("utf-8"))) == set(dotenv())


def test_the_example_environment_holds_no_secret() -> None:
    assert {value for name, value in dotenv().items() if re.search("TOKEN|PASSWORD", name)} == {""}


def test_the_compose_file_mounts_what_exists_and_names_its_volumes() -> None:
    for service in COMPOSE["services"].values():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_ports_are_open_to_this_machine_only() -> None:
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_whoever_depends_on_a_healthy_service_depends_on_one_with_a_health_check() -> None:
    for service in COMPOSE["services"].values():
        for name, wish in service.get("depends_on", {}).items():
            assert wish == {"condition": "service_healthy"}
            assert "healthcheck" in COMPOSE["services"][name]


def test_images_are_pinned() -> None:
    images = [service["image"] for service in COMPOSE["services"].values() if "image" in service]
    assert all(re.search(r":\d+\.\d+\.\d+", image) for image in images)


def test_the_etl_service_is_given_settings_that_load() -> None:
    given = COMPOSE["services"]["etl"]["environment"]
    filled = {name: VARIABLE.sub("x/", value).split("/")[0] for name, value in given.items()}
    filled |= {"CI_HEALTH_REPOSITORIES": "acme/rocket", "CI_HEALTH_INFLUXDB__URL": "http://influxdb:8086"}
    assert set(read_environment(filled)) == {"repositories", "github", "influxdb"}
    load(filled).require_source()


def test_the_data_source_reads_variables_that_grafana_is_given() -> None:
    text = (ROOT / "grafana-provisioning/datasources/influxdb.yaml").read_text("utf-8")
    assert set(re.findall(r"\$(\w+)", text)) <= set(COMPOSE["services"]["grafana"]["environment"])
    (source,) = yaml.safe_load(text)["datasources"]
    assert source["secureJsonData"] == {"token": "$INFLUXDB_READ_TOKEN"}


def dockerfile_copies() -> list[str]:
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    return [source for line in lines for source in line.split()]


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
    command = [sys.executable, "-m", "pre_commit", "validate-config", ROOT / ".pre-commit-config.yaml"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert [repository["repo"] for repository in config["repos"]] == ["local"]


@pytest.mark.parametrize("name", ["report.html.j2", "report.css"])
def test_the_report_finds_its_files_within_the_package(name: str) -> None:
    assert (ROOT / "etl/report" / name).is_file()
