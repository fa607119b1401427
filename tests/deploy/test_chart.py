"""The Helm chart renders, follows Kubernetes' schemas, and fits the image and the settings."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from etl.settings import load
from tests.deploy.conftest import CHART, VALUES
from tools.docs import ROOT

# The oldest that the chart takes, one in between, and the newest that there are schemas for.
KUBERNETES = ["1.29", "1.33", "1.37"]
MINIMAL, EVERYTHING = (
    CHART.parents[2] / f"tests/deploy/values/{name}.yaml" for name in ("minimal", "everything")
)

every_values_file = pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)


def of_kind(documents: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [document for document in documents if document["kind"] == kind]


def the(documents: list[dict[str, Any]], kind: str) -> Any:
    (found,) = of_kind(documents, kind)
    return found


def pod(documents: list[dict[str, Any]]) -> Any:
    return the(documents, "Deployment")["spec"]["template"]


def container(documents: list[dict[str, Any]]) -> Any:
    (found,) = pod(documents)["spec"]["containers"]
    return found


@every_values_file
def test_it_passes_helms_own_checks(helm: Any, values: Path) -> None:
    found = helm("lint", "--strict", CHART, "--values", values)
    assert found.returncode == 0, found.stdout + found.stderr


@every_values_file
@pytest.mark.parametrize("version", KUBERNETES)
def test_objects_follow_kubernetes_schemas(rendered: Any, values: Path, version: str) -> None:
    own = [one for one in rendered(values) if not one["apiVersion"].startswith("monitoring.coreos.com/")]
    assert {document["kind"] for document in own} >= {"Deployment", "ConfigMap", "ServiceAccount"}
    for document in own:
        kubernetes_validate.validate(document, version, strict=True)


def test_a_schema_refuses_what_kubernetes_would(rendered: Any) -> None:
    deployment = the(rendered(MINIMAL), "Deployment")
    deployment["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, KUBERNETES[-1], strict=True)


@every_values_file
def test_the_settings_load_as_the_container_would_load_them(
    rendered: Any, values: Path, tmp_path: Path
) -> None:
    documents = rendered(values)
    file = tmp_path / "ci-health.yaml"
    file.write_text(the_settings(documents), "utf-8")
    environment = {item["name"]: item["value"] for item in container(documents)["env"]}
    for name, path in environment.items():
        if name.endswith("_FILE"):
            secret = tmp_path / Path(path).name
            secret.write_text(
                "postgresql://state.example/ci" if "STATE" in name else "a-secret-of-a-test", "utf-8"
            )
            environment[name] = str(secret)
    assert environment["CI_HEALTH_CONFIG"] == "/etc/ci-health/ci-health.yaml"
    settings = load(environment | {"CI_HEALTH_CONFIG": str(file)})
    settings.require_source()
    given = yaml.safe_load(values.read_text("utf-8"))
    assert list(settings.repositories) == given["settings"]["repositories"]
    assert (settings.influxdb is None) == ("influxdb" not in given)
    http = given.get("http", {})
    assert (settings.http.enabled, settings.http.token is not None) == (bool(http), "tokenSecret" in http)
    assert (settings.http.webhooks.secret is not None) == ("webhooksSecret" in http)
    if http:
        # Probes and Prometheus come from outside of the pod.
        assert (settings.http.host, settings.http.port, settings.http.days) == ("0.0.0.0", http["port"], 14)  # noqa: S104
    assert settings.state_url.startswith(
        "postgresql:" if "urlSecret" in given.get("state", {}) else "sqlite:"
    )


def the_settings(documents: list[dict[str, Any]]) -> str:
    (text,) = [
        document["data"]["ci-health.yaml"]
        for document in of_kind(documents, "ConfigMap")
        if "ci-health.yaml" in document["data"]
    ]
    return str(text)


@every_values_file
def test_every_file_that_is_named_is_mounted(rendered: Any, values: Path) -> None:
    documents = rendered(values)
    spec = pod(documents)["spec"]
    mounts = {mount["mountPath"]: mount["name"] for mount in container(documents)["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    assert set(mounts.values()) == set(volumes)
    sources = volumes["secrets"]["projected"]["sources"]
    files = {item["path"] for source in sources for item in source["secret"]["items"]}
    text = json.dumps(container(documents)["env"]) + the_settings(documents)
    assert set(re.findall(r"/run/secrets/ci-health/([\w.-]+)", text)) == files
    assert mounts["/run/secrets/ci-health"] == "secrets"
    claim = volumes["data"].get("persistentVolumeClaim")
    if claim and claim["claimName"] != "kept":
        assert the(documents, "PersistentVolumeClaim")["metadata"]["name"] == claim["claimName"]
    else:
        assert not of_kind(documents, "PersistentVolumeClaim")


@every_values_file
def test_it_runs_as_the_images_user_with_nothing_to_spare(rendered: Any, values: Path) -> None:
    documents = rendered(values)
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    user, group = (int(re.findall(rf"--{name} (\d+)", dockerfile)[0]) for name in ("uid", "gid"))
    security = pod(documents)["spec"]["securityContext"]
    assert (security["runAsUser"], security["runAsGroup"], security["fsGroup"]) == (user, group, group)
    assert f"\nUSER {user}\n" in dockerfile
    assert security["runAsNonRoot"]
    assert container(documents)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod(documents)["spec"]["automountServiceAccountToken"] is False


def test_metrics_are_scraped_where_they_are_served(rendered: Any) -> None:
    documents = rendered(EVERYTHING)
    service, monitor = the(documents, "Service"), the(documents, "ServiceMonitor")
    labels = pod(documents)["metadata"]["labels"]
    for selector in (
        service["spec"]["selector"],
        the(documents, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items()
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    (endpoint,) = monitor["spec"]["endpoints"]
    (port,) = service["spec"]["ports"]
    (served,) = container(documents)["ports"]
    assert endpoint["port"] == port["name"]
    assert endpoint["authorization"] == {"credentials": {"name": "http", "key": "token"}}
    assert port["targetPort"] == served["name"]
    assert port["port"] == served["containerPort"] == 9000
    (ingress,) = the(documents, "NetworkPolicy")["spec"]["ingress"]
    assert [rule["port"] for rule in ingress["ports"]] == [served["name"]]


def test_without_the_http_server_nothing_gets_in_and_the_process_is_asked(rendered: Any) -> None:
    documents = rendered(MINIMAL)
    assert not of_kind(documents, "Service")
    assert the(documents, "NetworkPolicy")["spec"]["ingress"] == []
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    command = container(documents)["livenessProbe"]["exec"]["command"]
    assert f"CMD {json.dumps(command)}\n" in dockerfile
    assert f"/usr/local/bin/{command[0]}\n" in dockerfile


@pytest.mark.parametrize(
    ("values", "ports"),
    [("minimal", {53, 443}), ("storage", {53, 8443, 8086}), ("everything", {53, 443, 8086, 5432, 3128})],
)
def test_traffic_goes_only_where_the_settings_send_it(rendered: Any, values: str, ports: set[int]) -> None:
    policy = the(rendered(MINIMAL.with_stem(values)), "NetworkPolicy")
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert {port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]} == ports


def test_every_dashboard_is_a_configmap_for_grafanas_sidecar(helm: Any, tmp_path: Path) -> None:
    chart = tmp_path / "ci-health"
    shutil.copytree(CHART, chart)
    folder = chart / "grafana/dashboards/more"
    folder.mkdir(parents=True)
    # What Grafana writes in legends is a template to helm as well.
    (folder / "of_mine.json").write_text('{"title": "{{ __field.labels.job }}", "uid": "é"}\n', "utf-8")
    found = helm("template", "trial", chart, "--values", MINIMAL.with_stem("influxdb"))
    boards = [
        document
        for document in of_kind(list(yaml.safe_load_all(found.stdout)), "ConfigMap")
        if "ci-health.yaml" not in document["data"]
    ]
    files = {path.name: path.read_text("utf-8") for path in (chart / "grafana/dashboards").rglob("*.json")}
    assert {name: text for board in boards for name, text in board["data"].items()} == files
    assert len({board["metadata"]["name"] for board in boards}) == len(boards)
    for board in boards:
        # What the API server takes at most.
        assert len(json.dumps(board).encode()) < 1 << 20
        assert board["metadata"]["namespace"] == "monitoring"
        assert board["metadata"]["labels"]["grafana_dashboard"] == "1"
        kubernetes_validate.validate(board, KUBERNETES[-1], strict=True)


def test_links_of_dashboards_lead_to_ones_own_github(rendered: Any) -> None:
    server = "https://ghe.example:8443/git"
    documents = rendered(MINIMAL, "--set", f"dashboards.serverUrl={server}")
    boards = [board for board in of_kind(documents, "ConfigMap") if "ci-health.yaml" not in board["data"]]
    texts = [text for board in boards for text in board["data"].values()]
    assert texts
    assert all(server in text and "github.com" not in text for text in texts)


def test_without_dashboards_there_are_none(rendered: Any) -> None:
    documents = rendered(MINIMAL, "--set", "dashboards.enabled=false")
    assert len(of_kind(documents, "ConfigMap")) == 1


def test_prometheus_rules_are_those_of_the_repository(rendered: Any) -> None:
    rule = the(rendered(EVERYTHING), "PrometheusRule")
    assert rule["apiVersion"] == "monitoring.coreos.com/v1"
    assert rule["metadata"]["labels"]["release"] == "prometheus"
    assert rule["spec"] == yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text("utf-8"))


def test_grafanas_rules_are_a_configmap_for_the_sidecar(rendered: Any) -> None:
    server = "https://ghe.example"
    documents = rendered(EVERYTHING, "--set", f"dashboards.serverUrl={server}")
    (alerts,) = [
        one for one in of_kind(documents, "ConfigMap") if "grafana_alert" in one["metadata"]["labels"]
    ]
    assert alerts["metadata"]["namespace"] == "monitoring"
    assert alerts["metadata"]["labels"]["grafana_alert"] == "1"
    (rules,) = alerts["data"].values()
    provisioned = (ROOT / "grafana-provisioning/alerting/rules.yaml").read_text("utf-8")
    assert "https://github.com" in provisioned
    assert rules == provisioned.replace("https://github.com", server)
    assert len(json.dumps(alerts).encode()) < 1 << 20


@pytest.mark.parametrize("values", ["minimal", "influxdb", "storage"])
def test_rules_of_either_kind_are_only_there_when_asked_for(rendered: Any, values: str) -> None:
    documents = rendered(MINIMAL.with_stem(values))
    assert not of_kind(documents, "PrometheusRule")
    assert not [one for one in documents if one["metadata"]["name"].endswith("-alerts")]


def test_a_changed_setting_starts_a_new_pod(rendered: Any) -> None:
    before, after = (
        pod(rendered(MINIMAL, "--set", f"settings.interval={interval}"))["metadata"]["annotations"]
        for interval in ("5m", "6m")
    )
    assert before != after


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ("image.repository=", "image"),
        ("settings.repositories=null", "repositories"),
        ("settings.github.token=abc", "settings"),
        ("settings.influxdb.url=http://x", "settings"),
        ("settings.http.token=abc", "settings"),
        ("settings.http.webhooks.secret=abc", "settings"),
        ("imagee.tag=1", "imagee"),
        ("github.tokenSecret.name=", "name either"),
        ("github.appSecret.name=app", "name either"),
        ("influxdb.url=http://influxdb", "influxdb.tokenSecret.name"),
        ("influxdb.url=influxdb:8086", "influxdb"),
        ("serviceMonitor.enabled=true", "http.enabled"),
        ("monitoring.prometheusRule.enabled=true", "http.enabled"),
        ("monitoring.prometheusRules.enabled=true", "prometheusRules"),
        ("alerts.enabled=true", "influxdb.url"),
        ("http.webhooksSecret.name=webhooks", "http.enabled"),
        ("state.urlSecret.name=postgresql", "influxdb.url"),
        ("workers=2", "state.urlSecret"),
        ("state.persistence.size=ten", "size"),
        ("http.port=80", "port"),
    ],
)
def test_values_that_cannot_work_are_refused(helm: Any, option: str, reason: str) -> None:
    found = helm("template", "trial", CHART, "--values", MINIMAL, "--set", option)
    assert found.returncode != 0
    assert reason in found.stderr


@pytest.mark.parametrize(("release", "name"), [("ci-health", "ci-health"), ("a" * 53, "a" * 52)])
def test_long_and_repeating_release_names_stay_valid(helm: Any, release: str, name: str) -> None:
    options = ("--set", "dashboards.enabled=false,alerts.enabled=false")
    found = helm("template", release, CHART, "--values", EVERYTHING, *options)
    assert {document["metadata"]["name"] for document in yaml.safe_load_all(found.stdout)} == {name}


def test_the_charts_schema_is_one_and_knows_every_value() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    assert set(values) | {"global"} == set(schema["properties"])


def test_versions_are_the_projects() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    released = re.search(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert released
    assert chart["version"] == chart["appVersion"] == released[1]
    pinned = re.search(r"helm\.sh/helm/v3 v(\S+)", (ROOT / "tools/helm/go.mod").read_text("utf-8"))
    assert pinned
    assert f"helm-{pinned[1]}/" in (ROOT / "tools/helm/build.sh").read_text("utf-8")
