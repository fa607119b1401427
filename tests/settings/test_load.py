import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from etl.errors import ConfigurationError
from etl.settings import known_settings, load, parse_since

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def settings_of(tmp_path: Path, yaml: str = "", **environment: str):
    file = tmp_path / "settings.yaml"
    file.write_text(yaml)
    return load(environment, file=file)


def error_of(tmp_path: Path, yaml: str = "", **environment: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        settings_of(tmp_path, yaml, **environment)
    return str(caught.value)


def test_defaults_are_the_contracts():
    settings = load({}, file=Path(os.devnull))
    assert settings.github.api_url == "https://api.github.com"
    assert settings.influxdb is None
    assert settings.data_dir == Path(".ci-health")
    assert settings.since == "30d"
    assert settings.store_timeout == timedelta(seconds=60)
    assert settings.interval == timedelta(minutes=5)
    assert settings.annotations == "failed"


def test_each_source_stands_above_the_one_before(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("interval: 1m\nsince: 7d\nbranches: [a]\n")
    environment = {"CI_HEALTH_INTERVAL": "2m", "CI_HEALTH_SINCE": "8d"}
    settings = load(environment, file=file, overrides={"since": "9d"})
    assert (settings.branches, settings.interval, settings.since) == (("a",), timedelta(minutes=2), "9d")


def test_the_file_is_named_by_a_variable(tmp_path):
    (tmp_path / "other.yaml").write_text("repositories: [a/b]\n")
    assert load({"CI_HEALTH_CONFIG": str(tmp_path / "other.yaml")}).repositories == ("a/b",)


@pytest.mark.parametrize("text", ['["acme/rocket", "acme/base"]', "acme/rocket, acme/base"])
def test_repositories_from_the_environment(tmp_path, text):
    settings = settings_of(tmp_path, CI_HEALTH_REPOSITORIES=text)
    assert settings.repositories == ("acme/rocket", "acme/base")


def test_conventional_variables_stand_in(tmp_path):
    settings = settings_of(
        tmp_path,
        GITHUB_TOKEN="t1",
        GITHUB_API_URL="https://ghe.example/api/v3/",
        INFLUXDB_V2_URL="http://influx:8086",
        INFLUXDB_V2_ORG="o",
        INFLUXDB_V2_TOKEN="t2",
    )
    assert settings.github.token.get_secret_value() == "t1"
    assert settings.github.api_url == "https://ghe.example/api/v3"
    assert (settings.influxdb.url, settings.influxdb.org) == ("http://influx:8086", "o")
    assert settings.influxdb.token.get_secret_value() == "t2"


def test_ones_own_variables_win_over_conventional_ones(tmp_path):
    settings = settings_of(tmp_path, GITHUB_TOKEN="theirs", CI_HEALTH_GITHUB__TOKEN="ours")
    assert settings.github.token.get_secret_value() == "ours"


def test_a_token_that_happens_to_be_set_does_not_fight_an_app(tmp_path):
    app = "github:\n  app: {app_id: 1, installation_id: 2, private_key_file: key.pem}\n"
    assert settings_of(tmp_path, app, GITHUB_TOKEN="theirs").github.token is None


def test_secrets_come_from_files_and_are_not_printed(tmp_path):
    (tmp_path / "token").write_text("sesame\n")
    settings = settings_of(tmp_path, CI_HEALTH_GITHUB__TOKEN_FILE=str(tmp_path / "token"))
    assert settings.github.token.get_secret_value() == "sesame"
    assert "sesame" not in repr(settings)


def test_a_secrets_file_that_is_missing(tmp_path):
    message = error_of(tmp_path, CI_HEALTH_GITHUB__TOKEN_FILE=str(tmp_path / "nothing"))
    assert "CI_HEALTH_GITHUB__TOKEN_FILE" in message
    assert "nothing" in message


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("intervall: 5m", "unknown setting 'intervall': did you mean 'interval'?"),
        ("github: {tokn: x}", "unknown setting 'github.tokn': did you mean 'github.token'?"),
        ("token: x", "did you mean 'github.token'?"),
        ("interval: soon", "setting 'interval' is no duration"),
        ("since: tomorrow", "setting 'since' is neither a date nor a duration"),
        ("repositories: [linkerd2]", "'linkerd2', which is no `owner/name`"),
        ("github: {api_url: 'http://ghe.example'}", "plain http"),
        ("github: {api_url: 'ftp://ghe.example'}", "is no URL"),
        ("github: {concurrency: 0}", "setting 'github.concurrency'"),
        ("influxdb: {url: 'http://i'}", "CI_HEALTH_INFLUXDB__TOKEN"),
        ("annotations: some", "setting 'annotations'"),
        ("masks: {extra: [{pattern: '(', placeholder: x}]}", "is no regular expression"),
        ("tests: {annotations: ['(']}", "is no regular expression"),
        ("tests: {annotations: ['(?P<test>a)', '(?P<name>a)']}", "pattern without the group `(?P<test>…)`"),
        ("flakes: {shard: '('}", "is no regular expression"),
        ("http: {port: 70000}", "setting 'http.port'"),
        ("http: {token: ''}", "setting 'http.token' is shorter than 16 characters"),
        ("http: {webhooks: {secret: short}}", "setting 'http.webhooks.secret' is shorter than 16 characters"),
        ("http: {enabled: false, webhooks: {secret: 0123456789abcdefg}}", "webhooks need the HTTP server"),
        ("http: {webhooks: {comments: true}}", "setting 'http.webhooks' has comments, and no secret"),
        ("http: {ingest: {token: short}}", "setting 'http.ingest.token' is shorter than 16 characters"),
        ("http: {enabled: false, ingest: {token: 0123456789abcdefg}}", "other CIs need the HTTP server"),
        ("- a\n- b", "holds no settings"),
        ("a: [", "is no valid YAML"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_it(tmp_path, yaml, expected):
    message = error_of(tmp_path, yaml)
    assert expected in message
    assert "\n" not in message or "YAML" in message


@pytest.mark.parametrize(
    "yaml", ["http: {token: [hush]}", "http: {webhooks: {secret: {hush: 1}}}", "http: {token: hush}"]
)
def test_wrong_secrets_are_not_shown(tmp_path, yaml):
    assert "hush" not in error_of(tmp_path, yaml)


def test_an_empty_file_is_no_secret(tmp_path):
    (tmp_path / "empty").write_text("\n")
    for name in ("CI_HEALTH_HTTP__TOKEN_FILE", "CI_HEALTH_HTTP__WEBHOOKS__SECRET_FILE"):
        assert "shorter than 16" in error_of(tmp_path, **{name: str(tmp_path / "empty")})


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("INTERVALL", "INTERVAL"),
        ("REPOSITORY", "REPOSITORIES"),
        ("GITHUB__TOKN", "GITHUB__TOKEN"),
        ("GITHUB_TOKEN_FILE", "GITHUB__TOKEN_FILE"),
        ("INFLUX__URL", "INFLUXDB__URL"),
        *(
            (name.replace(".", "_").upper(), name.replace(".", "__").upper())
            for name in known_settings()
            if "." in name
        ),
    ],
)
def test_an_unknown_variable_is_named_with_the_nearest(tmp_path, variable, meant):
    file = tmp_path / "hush"
    file.write_text("hush")
    message = error_of(tmp_path, **{f"CI_HEALTH_{variable}": str(file)})
    assert message == f"unknown variable CI_HEALTH_{variable}: did you mean CI_HEALTH_{meant}?"


def test_an_unknown_variable_that_is_like_none(tmp_path):
    message = error_of(tmp_path, CI_HEALTH_QQQ__ZZZ="hush")
    assert message == "unknown variable CI_HEALTH_QQQ__ZZZ; docs/configuration.md lists all of them"


def test_a_wrong_token_is_not_shown(tmp_path):
    assert "hunter2" not in error_of(tmp_path, "github: {token: {a: hunter2}}")


def test_token_and_app_exclude_each_other(tmp_path):
    yaml = "github: {token: x, app: {app_id: 1, installation_id: 2, private_key_file: k}}"
    assert "exclude each other" in error_of(tmp_path, yaml)


def test_a_file_that_was_named_must_exist(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load({}, file=tmp_path / "nothing.yaml")


def test_empty_sections_and_variables_count_as_not_set(tmp_path):
    settings = settings_of(tmp_path, "github:\ninfluxdb:\nsince:\n", CI_HEALTH_INTERVAL="")
    assert (settings.influxdb, settings.since) == (None, "30d")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30d", NOW - timedelta(days=30)),
        ("1h30m", NOW - timedelta(hours=1, minutes=30)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
    ],
)
def test_since(text, expected):
    assert parse_since(text, NOW) == expected


def test_without_repositories_or_token_the_sentence_says_what_to_do():
    with pytest.raises(ConfigurationError, match="CI_HEALTH_REPOSITORIES"):
        load({}).require_source()
    with pytest.raises(ConfigurationError, match="GITHUB_TOKEN"):
        load({"CI_HEALTH_REPOSITORIES": "a/b"}).require_source()
    shared = {"CI_HEALTH_STATE__URL": "postgresql://u:sesame@h/n"}
    alone = load({"CI_HEALTH_REPOSITORIES": "a/b", "GITHUB_TOKEN": "t", **shared})
    assert "sesame" not in repr(alone)
    with pytest.raises(ConfigurationError, match="embedded store belongs to one process"):
        alone.require_source()


def test_other_cis_may_be_the_only_source():
    ingest = {"CI_HEALTH_HTTP__INGEST__TOKEN": "a-token-of-other-cis"}
    load(ingest).require_source()
    with pytest.raises(ConfigurationError, match="GITHUB_TOKEN"):
        load(ingest | {"CI_HEALTH_REPOSITORIES": "a/b"}).require_source()
    with pytest.raises(ConfigurationError, match="embedded store belongs to one process"):
        load(ingest | {"CI_HEALTH_STATE__URL": "postgresql://u:sesame@h/n"}).require_source()


@pytest.mark.parametrize(
    ("api", "web"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://ghe.example/api/v3", "https://ghe.example"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
    ],
)
def test_the_address_of_pages_follows_from_the_apis(tmp_path, api, web):
    assert settings_of(tmp_path, GITHUB_API_URL=api).github.web_url == web
