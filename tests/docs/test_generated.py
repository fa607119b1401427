import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from etl.errors import ConfigurationError
from etl.load.line_encoder import encode
from etl.load.line_parser import parse
from etl.model.schema import JOB, MEASUREMENTS
from etl.settings import Settings, known_settings, load
from tools import docs, settings_docs

ROOT = docs.ROOT
EXAMPLE = ROOT / "config/ci-health.example.yaml"


def test_generated_documents_are_current() -> None:
    assert docs.stale() == []


@pytest.mark.slow
def test_check_names_what_is_stale(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in docs.documents():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text((ROOT / path).read_text("utf-8"), "utf-8")
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    (tmp_path / "config/ci-health.schema.json").write_text("{}", "utf-8")
    assert docs.main(["--check"]) == 1
    assert "config/ci-health.schema.json" in capsys.readouterr().err
    assert docs.main([]) == 0
    assert docs.main(["--check"]) == 0


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs/configuration.md").read_text("utf-8")
    sections = {setting.name for setting in settings_docs.settings() if setting.section}
    names = {
        name
        for name in known_settings()
        if name.rpartition(".")[0]
        not in ("masks.extra", "failures.extra", "failures.categories.extra", "tests.jobs")
    } - sections
    assert {name for name in names if f"| `{name}` |" not in page} == set()
    assert all(setting.doc for setting in settings_docs.settings())


def test_every_tag_and_field_is_documented() -> None:
    page = (ROOT / "docs/schema.md").read_text("utf-8")
    for measurement in MEASUREMENTS.values():
        _, found, section = page.partition(f"### `{measurement.name}`\n")
        assert found
        table = section.partition("\n### ")[0]
        names = [*measurement.tag_names, *measurement.field_types]
        assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == names


def test_the_example_point_is_one_that_would_be_written() -> None:
    (line,) = re.findall(r"^```\n(job,.+)\n```$", (ROOT / "docs/schema.md").read_text("utf-8"), re.MULTILINE)
    point = parse(line.encode())
    assert encode(point) == line.encode()
    assert set(point.tags) == set(JOB.tag_names)
    # These stand on few jobs: those that waited, or that an earlier attempt executed.
    assert set(point.fields) == set(JOB.field_types) - {"waited_s", "approval_s", "repeated_s"}


def test_the_example_file_loads_and_changes_nothing_but_the_repositories() -> None:
    loaded = load({}, file=EXAMPLE)
    assert loaded.repositories == ("your-organisation/your-repository",)
    assert loaded == Settings(repositories=loaded.repositories)


def test_every_line_of_the_example_can_be_switched_on() -> None:
    text = re.sub(r"^( *)#(?=[\w\"])", r"\1", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE)
    content: dict[str, Any] = yaml.safe_load(text)
    assert set(content) == set(Settings.model_fields)
    loaded = Settings(**content)
    defaults = Settings()
    for name in set(content) - {"repositories", "github", "gitea", "influxdb"}:
        assert getattr(loaded, name) == getattr(defaults, name)


def test_the_example_follows_its_schema(check_jsonschema: Any) -> None:
    check_jsonschema("--schemafile", ROOT / "config/ci-health.schema.json", EXAMPLE)


@pytest.mark.parametrize(
    "content",
    [
        "repositorys: [a/b]",
        "github: {timeout: soon}",
        "annotations: some",
        "interval: 5 minutes",
        "masks: {extra: [{pattern: x}]}",
    ],
)
def test_schema_and_loader_refuse_the_same(content: str, tmp_path: Path, check_jsonschema: Any) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(content, "utf-8")
    with pytest.raises(ConfigurationError):
        load({}, file=file)
    with pytest.raises(AssertionError):
        check_jsonschema("--schemafile", ROOT / "config/ci-health.schema.json", file)


def test_the_schema_has_the_defaults_as_people_write_them() -> None:
    schema = json.loads((ROOT / "config/ci-health.schema.json").read_text("utf-8"))
    assert schema["properties"]["interval"]["default"] == "5m"
    assert Settings(interval="5m").interval == timedelta(minutes=5)
