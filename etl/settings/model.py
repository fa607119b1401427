"""All settings with their types, defaults and descriptions; `docs/configuration.md` is made from here."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from etl.errors import ConfigurationError

GITHUB_API = "https://api.github.com"

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")


def _duration(value: Any) -> Any:
    """`90s`, `5m`, `1h30m`, `30d` → timedelta; bare numbers are seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return timedelta(seconds=value)
    if isinstance(value, str):
        if re.fullmatch(r"\d+(\.\d+)?", value):
            return timedelta(seconds=float(value))
        if re.fullmatch(r"(\d+[smhdw])+", value):
            return timedelta(seconds=sum(int(n) * _UNITS[u] for n, u in re.findall(r"(\d+)([smhdw])", value)))
        raise ValueError("is no duration: write for example 90s, 5m, 1h30m or 30d")
    return value


def _listed(value: Any) -> Any:
    """A JSON list, or values separated by commas, as environment variables carry them."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise ValueError(f"is no valid JSON list ({error})") from error
    return [item.strip() for item in value.split(",") if item.strip()]


Duration = Annotated[timedelta, BeforeValidator(_duration), Field(gt=timedelta(0))]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


class Section(BaseModel):
    """A group of settings: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AppSettings(Section):
    """A GitHub App installation, in place of a token."""

    app_id: int = Field(description="the App's id")
    installation_id: int = Field(description="the installation's id")
    private_key_file: Path = Field(description="file with the App's private key (PEM)")


class GitHubSettings(Section):
    """Where and as whom GitHub is asked."""

    token: SecretStr | None = Field(None, description="token with read access to Actions and Checks")
    app: AppSettings | None = Field(None, description="a GitHub App installation, in place of a token")
    api_url: str = Field(GITHUB_API, description="base URL of the REST API, for GitHub Enterprise Server")
    concurrency: int = Field(10, ge=1, le=100, description="requests under way at once")
    reserve: int = Field(
        100, ge=0, description="requests of the rate limit that are left for other users of the token"
    )
    max_wait: Duration = Field(
        timedelta(minutes=65), description="longest wait for a rate limit before a repository is given up"
    )
    retries: int = Field(5, ge=0, le=20, description="attempts after the first, for answers that may heal")
    timeout: Duration = Field(timedelta(seconds=60), description="longest wait for one answer")

    @field_validator("api_url")
    @classmethod
    def _safe_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"is no URL: {value!r}; write for example {GITHUB_API}")
        if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError(f"is plain http ({value}), which would send the token unprotected: use https")
        return value.rstrip("/")

    @property
    def web_url(self) -> str:
        """Base URL of GitHub's pages: `https://HOST/api/v3` and `https://api.HOST` belong to `https://HOST`."""
        return self.api_url.removesuffix("/api/v3").replace("://api.", "://", 1)


class InfluxSettings(Section):
    """InfluxDB 2; without a URL the embedded store is used."""

    url: str = Field(description="URL of InfluxDB 2, for example http://localhost:8086")
    org: str = Field("ci-health", description="organisation")
    bucket: str = Field("ci-health", description="bucket; created where missing")
    token: SecretStr = Field(description="token that may write to the bucket (and create it)")
    retention: Duration = Field(
        timedelta(days=730),
        description="retention of a bucket that is created; existing ones stay as they are",
    )


class StateSettings(Section):
    """Where the cursor, the open runs and the outbox are kept."""

    url: str | None = Field(None, description="SQLAlchemy URL; default: SQLite in data_dir")
    outbox_limit: int = Field(
        2_000_000, ge=1_000, description="points kept for a store that is away; above it, extraction pauses"
    )


class MaskRule(Section):
    """One rule of the masks: every match of a pattern becomes a placeholder."""

    pattern: str = Field(description="regular expression (Python)")
    placeholder: str = Field(description="what a match becomes, for example <address>")

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        return value


class MaskSettings(Section):
    """Masks for tags that CI may fill with ever new values: job, step and runner names."""

    disabled: Names = Field((), description="names of built-in rules to turn off")
    extra: tuple[MaskRule, ...] = Field((), description="rules of one's own, applied first")


class LogSettings(Section):
    """The log, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level shown")
    format: Literal["auto", "console", "json"] = Field("auto", description="auto: console on a terminal")


class Settings(BaseSettings):
    """All settings of ci-health."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    repositories: Names = Field((), description="repositories to watch, `owner/name`")
    github: GitHubSettings = Field(default_factory=GitHubSettings)
    influxdb: InfluxSettings | None = Field(None, description="InfluxDB 2; default: the embedded store")
    data_dir: Path = Field(Path(".ci-health"), description="folder of the state and the embedded store")
    state: StateSettings = Field(default_factory=StateSettings)
    since: str = Field("30d", description="how far the first sync reaches back: a date, or `30d`")
    store_timeout: Duration = Field(
        timedelta(seconds=60), description="how long sync and backfill wait for a store that does not answer"
    )
    interval: Duration = Field(timedelta(minutes=5), description="time between the syncs of `run`")
    annotations: Literal["failed", "all"] = Field(
        "failed", description="annotations of failed jobs (a request each), or of all"
    )
    branches: Names = Field((), description="globs of branches with a `branch` tag of their own")
    masks: MaskSettings = Field(default_factory=MaskSettings)
    log: LogSettings = Field(default_factory=LogSettings)

    @field_validator("repositories")
    @classmethod
    def _named(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not _REPOSITORY.fullmatch(name):
                raise ValueError(f"has {name!r}, which is no `owner/name`")
        return tuple(dict.fromkeys(value))

    @field_validator("since", mode="before")
    @classmethod
    def _since(cls, value: Any) -> str:
        text = value.isoformat() if isinstance(value, date) else str(value)
        parse_since(text, datetime.now(UTC))
        return text

    @model_validator(mode="after")
    def _one_identity(self) -> Self:
        if self.github.token and self.github.app:
            raise ValueError("github.token and github.app exclude each other: remove one")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from `load` alone, which has merged every source."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @property
    def state_url(self) -> str:
        """SQLAlchemy URL of the state."""
        return self.state.url or f"sqlite:///{self.data_dir / 'state.sqlite'}"

    def require_source(self) -> None:
        """Refuse to go on without repositories and a way to ask GitHub for them."""
        if not self.repositories:
            raise ConfigurationError(
                "no repositories are configured: set `repositories` in the settings file, "
                "or CI_HEALTH_REPOSITORIES=owner/name"
            )
        if not (self.github.token or self.github.app):
            raise ConfigurationError(
                "no GitHub token is configured: set CI_HEALTH_GITHUB__TOKEN or GITHUB_TOKEN, "
                "or `github.app` for a GitHub App"
            )


def parse_since(text: str, now: datetime) -> datetime:
    """A date (`2026-01-31`, midnight UTC) or a duration before `now` (`30d`)."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        pass
    try:
        back = _duration(text)
    except ValueError:
        back = None
    if not isinstance(back, timedelta):
        # pydantic tells of ValueErrors alone.
        raise ValueError(  # noqa: TRY004
            f"is neither a date nor a duration: {text!r}; write 2026-01-31 or 30d"
        )
    return now - back
