"""The sections of the settings, a class each, with types, defaults and descriptions."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from etl.settings.values import (
    LOCAL_HOSTS,
    Duration,
    Names,
    Token,
    WebAddress,
    WebhookAddress,
    sendable,
)

GITHUB_API = "https://api.github.com"
_SHORTEST_SECRET = 16
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_AT = re.compile(rf"(?:(?:{'|'.join(WEEKDAYS)}) )?(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error


def _protected(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
        raise ValueError(f"is plain http ({url}), which would send the token unprotected: use https")
    return url


# An address that tokens are sent to.
ApiAddress = Annotated[WebAddress, AfterValidator(_protected)]


class Section(BaseModel):
    """A group of settings: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AppSettings(Section):
    """A GitHub App, in place of a token."""

    app_id: int = Field(description="the App's id")
    installation_id: int | None = Field(None, description="the one installation to use; default: all")
    private_key_file: Path = Field(description="file with the App's private key (PEM)")

    @field_validator("private_key_file")
    @classmethod
    def _no_key(cls, value: Path) -> Path:
        if "\n" in str(value) or "PRIVATE KEY" in str(value):
            raise ValueError("holds a key: write it into a file, and name that here")
        return value


class GitHubSettings(Section):
    """GitHub's address, credentials and limits."""

    token: SecretStr | None = Field(None, description="token with read access to Actions and Checks")
    app: AppSettings | None = Field(None, description="a GitHub App, instead of a token")
    api_url: ApiAddress = Field(
        GITHUB_API, description="base URL of the REST API, for GitHub Enterprise Server"
    )
    concurrency: int = Field(10, ge=1, le=100, description="concurrent requests")
    reserve: int = Field(
        100, ge=0, description="requests of the rate limit left for other users of the token"
    )
    max_wait: Duration = Field(
        timedelta(minutes=65), description="longest wait for a rate limit before a repository's sync fails"
    )
    retries: int = Field(5, ge=0, le=20, description="retries after temporary errors")
    timeout: Duration = Field(timedelta(seconds=60), description="longest wait for one answer")
    download_hosts: Names = Field(
        (), description="hosts without public addresses that artifacts may be downloaded from"
    )

    @property
    def web_url(self) -> str:
        """Base URL of GitHub's pages: `https://HOST/api/v3` and `https://api.HOST` belong to `https://HOST`."""
        return self.api_url.removesuffix("/api/v3").replace("://api.", "://", 1)


class GiteaSettings(Section):
    """A Gitea server, for repositories that are named `gitea:owner/name`."""

    url: ApiAddress = Field(description="URL of the server, for example https://gitea.example")
    token: SecretStr | None = Field(
        None, description="token with the scope `read:repository`; none: public repositories only"
    )
    concurrency: int = Field(4, ge=1, le=100, description="concurrent requests")
    retries: int = Field(5, ge=0, le=20, description="retries after temporary errors")
    timeout: Duration = Field(timedelta(seconds=60), description="longest wait for one answer")
    download_hosts: Names = Field(
        (), description="hosts without public addresses that artifacts may be downloaded from"
    )

    @field_validator("token")
    @classmethod
    def _sendable(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else SecretStr(sendable(value.get_secret_value(), blanks=False))

    @property
    def api_url(self) -> str:
        """Base URL of the REST API."""
        return f"{self.url}/api/v1"


class InfluxSettings(Section):
    """InfluxDB 2; without a URL, the embedded store is used."""

    url: WebAddress = Field(description="URL of InfluxDB 2, for example http://localhost:8086")
    org: str = Field("ci-health", description="organisation")
    bucket: str = Field("ci-health", description="bucket; created if missing")
    token: Token = Field(description="token that may write to the bucket (and create it)")
    retention: Duration = Field(
        timedelta(days=730),
        description="retention of a new bucket; an existing bucket keeps its own",
    )


class StateSettings(Section):
    """Where cursors, open runs and the outbox are stored."""

    url: SecretStr | None = Field(
        None, description="`postgresql://…` if several workers share the work; default: SQLite in data_dir"
    )
    task_limit: Duration = Field(
        timedelta(hours=2),
        description="longest time that a worker's sync of a repository may take before another worker continues it",
    )
    outbox_limit: int = Field(
        2_000_000,
        ge=1_000,
        description="points kept while the store is unavailable; above it, extraction pauses",
    )


def _long_enough(value: SecretStr | None) -> SecretStr | None:
    """An empty secret, as an empty file gives it, would let everybody in."""
    if value is not None and len(value.get_secret_value()) < _SHORTEST_SECRET:
        raise ValueError(f"is shorter than {_SHORTEST_SECRET} characters: take a long random text")
    return value


# A secret that clients must know to get access.
_Key = Annotated[SecretStr | None, AfterValidator(_long_enough)]


class WebhookSettings(Section):
    """Deliveries of GitHub's webhooks: off without a secret."""

    secret: _Key = Field(None, description="secret of the webhook, as set at GitHub; none: off")
    sweep: Duration = Field(
        timedelta(hours=1),
        description="time between the syncs of a repository whose webhooks arrive, instead of `interval`",
    )
    comments: bool = Field(
        False,
        description="whether to keep one comment on a pull request while runs of its newest commit are red; the token "
        "or App needs `Pull requests: write`",
    )

    @model_validator(mode="after")
    def _are_told(self) -> Self:
        if self.comments and self.secret is None:
            raise ValueError("has comments, and no secret: only webhooks tell in time of runs to comment on")
        return self


class IngestSettings(Section):
    """Results that other CIs send: off without a token."""

    token: _Key = Field(
        None, description="token required to send results to `/api/v1/ingest`; none: off (docs/ingest.md)"
    )


class HttpSettings(Section):
    """The HTTP server of `run`: health, metrics, report, badges, webhooks and results of other CIs."""

    enabled: bool = Field(True, description="whether `run` serves HTTP")
    host: str = Field("127.0.0.1", min_length=1, description="address to listen on; `0.0.0.0`: all of them")
    port: int = Field(8080, ge=0, le=65_535, description="port to listen on; 0: any that is free")
    token: _Key = Field(
        None,
        description="token required for the metrics, every page, and badges of private repositories; without it, "
        "private repositories are shown only to this machine",
    )
    refresh: Duration = Field(
        timedelta(minutes=5), description="age from which CI metrics, reports and badges are made again"
    )
    days: int = Field(7, ge=1, le=365, description="days covered by CI metrics and badges")
    series: int = Field(
        2_500, ge=1, description="workflows and jobs with their own metrics; the rest are combined as `other`"
    )
    webhooks: WebhookSettings = Field(default_factory=WebhookSettings)
    ingest: IngestSettings = Field(default_factory=IngestSettings)

    @model_validator(mode="after")
    def _they_arrive(self) -> Self:
        if self.webhooks.secret is not None and not self.enabled:
            raise ValueError("has webhooks.secret, and enabled is false: webhooks need the HTTP server")
        if self.ingest.token is not None and not self.enabled:
            raise ValueError("has ingest.token, and enabled is false: other CIs need the HTTP server")
        return self


class MaskRule(Section):
    """A mask rule: every match of the pattern is replaced by the placeholder."""

    pattern: str = Field(description="regular expression (Python)")
    placeholder: str = Field(description="replacement of a match, for example <address>")

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        _compiled(value)
        return value


class MaskSettings(Section):
    """Rules that replace variable parts in names of jobs, steps, runners and tests, or in messages."""

    disabled: Names = Field((), description="names of built-in rules to turn off")
    extra: tuple[MaskRule, ...] = Field((), description="additional rules, applied first")


class CategoryRule(Section):
    """A rule: messages that the pattern is found in are of the category."""

    pattern: str = Field(description="regular expression (Python), searched in each line")
    category: str = Field(description="one of the categories in docs/failures.md")

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        _compiled(value)
        return value


class CategorySettings(Section):
    """Rules that find the category of a failure in its message."""

    disabled: Names = Field((), description="names of built-in rules to turn off")
    extra: tuple[CategoryRule, ...] = Field((), description="additional rules, applied first")


class FailureSettings(MaskSettings):
    """How failure messages become templates, and of which category they are."""

    categories: CategorySettings = Field(default_factory=CategorySettings)


class ArtifactRule(Section):
    """Which job an artifact's reports belong to, if its name does not say."""

    artifact: str = Field(description="glob of artifact names")
    job: str = Field(description="glob that must match one job name; `{1}` is what the first `*` matched")


class TestSettings(Section):
    """Test reports in artifacts, and tests that are known only from annotations."""

    artifacts: Names = Field(
        ("*junit*", "*test*result*", "*test*report*", "*surefire*", "*playwright-report*"),
        description="globs of artifacts that hold test reports, whatever the case and the separators",
    )
    points: Literal["all", "failed"] = Field(
        "all", description="a point for every result, or for failing ones and the summary of each report"
    )
    jobs: tuple[ArtifactRule, ...] = Field(
        (), description="rules for artifacts whose name does not identify a job"
    )
    annotations: tuple[str, ...] | None = Field(
        None,
        description="regular expressions with the groups `test` and `message` for annotations that report "
        "a failing test; default: those of Go, pytest, Jest and JUnit",
    )
    largest_artifact: int = Field(
        256 * 1024 * 1024, ge=1, description="largest artifact that is downloaded, in bytes"
    )
    largest_run: int = Field(
        128 * 1024 * 1024,
        ge=1024 * 1024,
        description="bytes of memory for the results of one run, some 600 a result; "
        "while they are read the process takes up to six times as much",
    )
    distinct: int = Field(
        20_000, ge=1, description="distinct tests of a job in 30 days above which check and the log warn"
    )

    @field_validator("annotations")
    @classmethod
    def _tell_the_test(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for pattern in value or ():
            if "test" not in _compiled(pattern).groupindex:
                raise ValueError(f"has a pattern without the group `(?P<test>…)`: {pattern!r}")
        return value


class FlakeSettings(Section):
    """What counts as evidence that a test or a job is flaky."""

    rerun: Duration = Field(timedelta(days=7), description="longest time between two attempts of one run")
    same_sha: Duration = Field(timedelta(hours=72), description="longest time between two runs of one commit")
    shard: str = Field(
        r"\bshard[ -]?\d+\b|\b\d+ ?/ ?\d+\b|\b\d+ of \d+\b",
        description="regular expression for the part of a job's name that names its shard",
    )
    outage_share: float = Field(
        0.8, gt=0, le=1, description="share of failing tests above which a report counts as an outage"
    )
    outage_min_tests: int = Field(
        20, ge=1, description="minimum number of tests in a report that can count as an outage"
    )

    @field_validator("shard")
    @classmethod
    def _compiles(cls, value: str) -> str:
        _compiled(value)
        return value


class FindingSettings(Section):
    """When a change or a flaky test is a finding; docs/judgements.md explains how they are found."""

    min_change: float = Field(
        0.05, ge=0, description="smallest relative change of a duration that is reported; 0.05 is 5 %"
    )
    min_change_s: float = Field(1.0, ge=0, description="smallest change of a duration, in seconds")
    min_rate_change: float = Field(
        0.05, ge=0, le=1, description="smallest change of a success rate; 0.05 is five percentage points"
    )
    min_results: int = Field(
        20, ge=20, description="results in 30 days below which no change and no flaky test is reported"
    )
    max_false_discoveries: float = Field(
        0.1, gt=0, le=0.5, description="share of the reported changes that may be due to chance"
    )


class DigestSettings(Section):
    """The digest that `run` sends to a chat: off without a URL."""

    url: WebhookAddress = Field(
        None,
        description="incoming webhook of Slack, Teams, Mattermost or Discord, whose URL is a secret; none: off",
    )
    chat: Literal["auto", "slack", "teams", "mattermost", "discord"] = Field(
        "auto", description="the chat that the webhook belongs to; auto: by the host of its URL"
    )
    at: str = Field(
        "mon 08:00", description="when to send it, in UTC: a weekday and a time, or a time for every day"
    )
    days: int = Field(7, ge=1, le=365, description="days that it covers")

    @field_validator("at")
    @classmethod
    def _is_a_time(cls, value: str) -> str:
        if not _AT.fullmatch(value.strip().lower()):
            raise ValueError(f"is no time: {value!r}; write for example mon 08:00, or 08:00 for every day")
        return value.strip().lower()

    @property
    def weekday(self) -> int | None:
        """The day of the week, 0 for Monday; None for every day."""
        return WEEKDAYS.index(self.at[:3]) if " " in self.at else None

    @property
    def hour(self) -> int:
        """The hour of the day."""
        return int(self.at[-5:-3])

    @property
    def minute(self) -> int:
        """The minute of the hour."""
        return int(self.at[-2:])


class LogSettings(Section):
    """The log, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="lowest level shown")
    format: Literal["auto", "console", "json"] = Field("auto", description="auto: console on a terminal")
