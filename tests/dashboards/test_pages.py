"""The dashboards as data: what Grafana is given is whole, and leads to what exists."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards import __main__ as generator
from dashboards import looks
from dashboards.alerts import Rule, rules
from dashboards.flux import SOURCE
from etl.queries import QUESTIONS
from etl.queries.question import GITHUB
from etl.settings import Settings
from tests.dashboards.grafana import kept

ROOT = generator.ROOT
MADE = {path.stem: json.loads(text) for path, text in generator.files().items() if path.suffix == ".json"}
PANELS = {f"{name}: {panel['title']}": panel for name, page in MADE.items() for panel in page["panels"]}
TABLES = {name: panel for name, panel in PANELS.items() if panel["type"] == "table"}
COLOURS = {
    value for value in vars(looks).values() if isinstance(value, str) and re.fullmatch("#[0-9A-F]{6}", value)
}
on_each_panel = pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS)
on_each_table = pytest.mark.parametrize("panel", TABLES.values(), ids=TABLES)


def test_what_is_provisioned_is_what_the_code_says() -> None:
    assert generator.stale() == []
    assert generator.files() == generator.files()


def test_check_names_what_is_stale(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generator, "ROOT", tmp_path)
    assert generator.main(["--check"]) == 1
    assert "overview.json" in capsys.readouterr().err
    assert generator.main([]) == 0
    unknown = tmp_path / "grafana-provisioning/dashboards/unknown.json"
    unknown.write_text("{}", "utf-8")
    assert generator.main(["--check"]) == 1
    assert generator.main([]) == 0
    assert not unknown.exists()
    assert generator.main(["--check"]) == 0


def test_uids_and_titles_are_unique() -> None:
    for key in ("uid", "title"):
        assert len({page[key] for page in MADE.values()}) == len(MADE)
    assert len({rule.name for rule in rules()} | {rule.title for rule in rules()}) == 2 * len(rules())
    assert all(page["description"] and page["uid"] == f"ci-health-{name}" for name, page in MADE.items())


@pytest.mark.parametrize("page", MADE.values(), ids=MADE)
def test_panels_have_ids_of_their_own_and_places_of_their_own(page: dict[str, Any]) -> None:
    ids = [panel["id"] for panel in page["panels"]]
    assert len(set(ids)) == len(ids)
    taken: Counter[tuple[int, int]] = Counter()
    for panel in page["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        taken.update(
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        )
    assert set(taken.values()) == {1}
    assert len(taken) == 24 * len({y for _, y in taken}), "gaps"


@on_each_panel
def test_panels_say_what_they_are(panel: dict[str, Any]) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    assert panel["title"]
    assert panel["description"]
    assert len(defaults["noValue"]) > len("Nothing here")
    assert panel["datasource"] == {"type": "influxdb", "uid": SOURCE}
    assert {target["datasource"]["uid"] for target in panel["targets"]} == {SOURCE}
    # Grafana ships these.
    assert panel["type"] in ("stat", "table", "timeseries")
    assert panel["type"] != "timeseries" or defaults["unit"]


@on_each_panel
def test_unknown_values_do_not_say_what_a_panel_without_rows_says(panel: dict[str, Any]) -> None:
    """Grafana writes `noValue` into each empty cell, where the column has none of its own."""
    if panel["type"] == "timeseries":
        return
    for override in panel["fieldConfig"]["overrides"]:
        settings = {setting["id"]: setting["value"] for setting in override["properties"]}
        assert settings.get("custom.hidden") or settings["noValue"] in ("", "–")  # noqa: RUF001
        assert not settings.get("links") or settings["noValue"] == ""


@on_each_table
def test_tables_fit_a_screen(panel: dict[str, Any]) -> None:
    """Grafana's 24 columns are some 1,850 pixels of 1,920."""
    needed = 0
    for override in panel["fieldConfig"]["overrides"]:
        settings = {setting["id"]: setting["value"] for setting in override["properties"]}
        if not settings.get("custom.hidden"):
            needed += settings.get("custom.width") or settings["custom.minWidth"]
    assert needed <= panel["gridPos"]["w"] * 1_850 / 24


@on_each_panel
def test_colours_are_ones_that_everybody_can_tell_apart(panel: dict[str, Any]) -> None:
    assert set(re.findall("#[0-9A-Fa-f]{6}", json.dumps(panel))) <= COLOURS


@on_each_table
def test_columns_that_are_shown_are_answered(panel: dict[str, Any]) -> None:
    (query,) = [target["query"] for target in panel["targets"]]
    (question,) = [one for one in QUESTIONS.values() if query.startswith(one.flux.splitlines()[0] + "\n")]
    order = panel["transformations"][0]["options"]["indexByName"]
    kept = re.findall(r"keep\(columns: \[(.*?)\]\)", query)[-1]
    assert set(re.findall(r'"(\w+)"', kept)) == set(order)
    assert {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]} == set(order)
    made = set(re.findall(r"\{r with\s+(\w+):", query[query.index("counted = ") :]))
    assert set(order) <= {column.name for column in question.columns} | made


@on_each_table
def test_rows_lead_on_and_to_github(panel: dict[str, Any]) -> None:
    columns = set(panel["transformations"][0]["options"]["indexByName"])
    links = [
        link
        for override in panel["fieldConfig"]["overrides"]
        for setting in override["properties"]
        if setting["id"] == "links"
        for link in setting["value"]
    ]
    assert any(link.get("targetBlank") for link in links), "no link to GitHub"
    for link in links:
        assert set(re.findall(r"__data\.fields\.(\w+)", link["url"])) <= columns
        if found := re.match(r"/d/ci-health-(\w+)\?", link["url"]):
            target = {variable["name"] for variable in MADE[found[1]]["templating"]["list"]}
            given = set(re.findall(r"var-(\w+)=", link["url"])) | set(
                re.findall(r"\$\{(\w+):queryparam", link["url"])
            )
            assert given <= target
            assert "${__url_time_range}" in link["url"]
        else:
            assert link["url"].startswith((f"{GITHUB}/", "${__data.fields."))


@pytest.mark.parametrize("page", MADE.values(), ids=MADE)
def test_variables_have_all_and_are_asked_cheaply(page: dict[str, Any]) -> None:
    variables = {variable["name"]: variable for variable in page["templating"]["list"]}
    assert {"repository", "workflow", "job", "branch", "every"} <= variables.keys()
    assert kept(page["templating"]["list"]) == variables
    for name in ("repository", "workflow", "job", "branch"):
        variable = variables[name]
        assert variable["multi"]
        assert variable["includeAll"]
        assert variable["allValue"] == ".*"
        assert variable["current"]["value"] == ["$__all"]
        assert "schema.tagValues(" in variable["query"]
        assert "predicate:" in variable["query"]
    used = set(re.findall(r"\$\{(\w+)", json.dumps(page["panels"]))) - {
        "__data",
        "__field",
        "__url_time_range",
    }
    assert used <= variables.keys()


@on_each_table
def test_no_column_is_measured_by_another(panel: dict[str, Any]) -> None:
    """A bar without ends of its own is drawn from the least to the greatest number of the whole table."""
    for override in panel["fieldConfig"]["overrides"]:
        settings = {setting["id"]: setting["value"] for setting in override["properties"]}
        assert ("custom.displayMode" in settings) == ("custom.cellOptions" in settings), "9.4 and since"
        if settings.get("custom.displayMode") == "basic":
            assert settings["custom.cellOptions"] == {"type": "gauge", "mode": "basic"}
            assert (settings["min"], settings["max"]) == (0, 1)


@pytest.mark.parametrize("page", MADE.values(), ids=MADE)
def test_at_first_there_is_a_period_before(page: dict[str, Any]) -> None:
    reach = Settings.model_fields["since"].default
    (days,) = re.fullmatch(r"now-(\d+)d", page["time"]["from"]).groups()  # type: ignore[union-attr]
    (most,) = re.fullmatch(r"(\d+)d", reach).groups()  # type: ignore[union-attr]
    assert 2 * int(days) <= int(most)


def test_another_github_takes_the_place_of_github_by_its_address_alone() -> None:
    for path, text in generator.files().items():
        assert GITHUB in text, path
        assert "github.com" not in text.replace(GITHUB, "https://ghe.example")


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_alerts_lead_to_what_they_are_about(rule: Rule) -> None:
    assert MADE[rule.page]["panels"][0]["id"] == 1
    found = yaml.safe_load(generator.files()[Path("grafana-provisioning/alerting/rules.yaml")])
    (written,) = [one for one in found["groups"][0]["rules"] if one["title"] == rule.title]
    texts = written["annotations"]
    variables = {variable["name"] for variable in MADE[rule.page]["templating"]["list"]}
    chosen = re.findall(r"var-(\w+)=\{\{ urlquery \.Labels\.(\w+) \}\}", texts["dashboard"])
    assert chosen
    assert all(variable == label and variable in variables for variable, label in chosen)
    assert texts["dashboard"].startswith(f"{{{{ externalURL }}}}d/ci-health-{rule.page}?")
    assert texts["github"].startswith(
        f"{GITHUB}/{{{{ if .Labels.repository }}}}{{{{ .Labels.repository }}}}/"
    )
    # Seen in 9.4: an alert without data has no labels, and `[no value]` stands where a link wants one.
    for link in (texts["dashboard"], texts["github"]):
        assert ".Labels" not in re.sub(r"\{\{ if \.Labels\.\w+ \}\}.*?\{\{ end \}\}", "", link)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_texts_of_alerts_name_what_their_queries_answer(rule: Rule) -> None:
    texts = " ".join((rule.summary, *rule.chosen, rule.github))
    kept_ = re.findall(r"keep\(columns: \[(.*?)\]\)", rule.query.flux)[-1]
    assert set(re.findall(r"\.Labels\.(\w+)", texts)) | set(rule.chosen) <= set(re.findall(r'"(\w+)"', kept_))
    values = re.findall(r"\{\{ with \.Values\.(\w) \}\}\{\{ (\w+) \.Value \}\}\{\{ end \}\}", rule.summary)
    assert {name for name, _ in values} <= {"A"}
    # What Grafana has in 9.4, of Prometheus: a number never stands there with all its digits.
    assert {written for _, written in values} <= {"humanize", "humanizeDuration", "humanizePercentage"}
    assert rule.summary.count(".Values") == len(values)


def test_the_data_source_and_the_folder_are_those_that_are_provisioned() -> None:
    (source,) = yaml.safe_load((ROOT / "grafana-provisioning/datasources/influxdb.yaml").read_text("utf-8"))[
        "datasources"
    ]
    assert source["uid"] == SOURCE
    (provider,) = yaml.safe_load(
        (ROOT / "grafana-provisioning/dashboards/ci-health.yaml").read_text("utf-8")
    )["providers"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    mounts = [volume.split(":") for volume in compose["services"]["grafana"]["volumes"]]
    (folder,) = [mount[1] for mount in mounts if mount[0] == "./grafana-provisioning"]
    assert provider["options"]["path"] == f"{folder}/dashboards"


def test_the_etl_needs_none_of_it() -> None:
    for file in (ROOT / "etl").rglob("*.py"):
        assert not re.search(
            r"^\s*(from|import) (dashboards|grafana_foundation_sdk)", file.read_text("utf-8"), re.MULTILINE
        )
