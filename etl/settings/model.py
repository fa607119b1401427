"""All settings with their types, defaults and descriptions; `docs/configuration.md` is generated from here."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from etl.errors import ConfigurationError
from etl.settings.sections import (
    DigestSettings,
    FailureSettings,
    FindingSettings,
    FlakeSettings,
    GiteaSettings,
    GitHubSettings,
    HttpSettings,
    InfluxSettings,
    LogSettings,
    MaskSettings,
    StateSettings,
    TestSettings,
)
from etl.settings.values import Duration, Names, parse_since

# `*` and `?` match those of the owner's repositories that a GitHub App may see.
_REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._*?-]+")
# What a repository's name begins with if it is on a Gitea server.
GITEA = "gitea:"
_ON_GITEA = re.compile(r"gitea:[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")


def is_glob(name: str) -> bool:
    """Whether a name in `repositories` is a glob."""
    return "*" in name or "?" in name


class Settings(BaseSettings):
    """All settings of ci-health."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    repositories: Names = Field(
        (),
        description="repositories to read, `owner/name`; with a GitHub App also globs, `owner/*`; on a Gitea "
        "server `gitea:owner/name`",
    )
    github: GitHubSettings = Field(default_factory=GitHubSettings)
    gitea: GiteaSettings | None = Field(None, description="a Gitea server, for names with `gitea:`; none")
    influxdb: InfluxSettings | None = Field(None, description="InfluxDB 2; default: the embedded store")
    data_dir: Path = Field(Path(".ci-health"), description="folder of the state and the embedded store")
    state: StateSettings = Field(default_factory=StateSettings)
    since: str = Field("30d", description="how far the first sync reaches back: a date, or `30d`")
    store_timeout: Duration = Field(
        timedelta(seconds=60), description="how long sync and backfill wait for an unavailable store"
    )
    interval: Duration = Field(timedelta(minutes=5), description="time between the syncs of `run`")
    http: HttpSettings = Field(default_factory=HttpSettings)
    annotations: Literal["failed", "all"] = Field(
        "failed", description="read annotations of failed jobs (one request each), or of all jobs"
    )
    logs: Literal["failed", "always", "off"] = Field(
        "failed",
        description="read the logs of failed jobs (one request each) that no test report explains, of all failed "
        "jobs, or none",
    )
    passing_logs: int = Field(
        20,
        ge=0,
        description="logs of passing jobs that a sync asks for at most, each to tell what is new in a failing log "
        "that nothing else explains; 0: none",
    )
    workflows: Names = Field(
        (),
        description="globs of names or files of workflows to read, `!glob` for those to skip; default: all",
    )
    checks: Literal["off", "all"] = Field(
        "off",
        description="all: also read commit statuses and check runs of other CI systems on the same commits, as "
        "executions, for two requests a commit",
    )
    branches: Names = Field((), description="globs of branches with their own `branch` tag")
    distinct: int = Field(
        1_000,
        ge=1,
        description="values of a tag (workflow, branch, job, runner or step) of a repository in 30 days above "
        "which check and the log warn",
    )
    tests: TestSettings = Field(default_factory=TestSettings)
    flakes: FlakeSettings = Field(default_factory=FlakeSettings)
    findings: FindingSettings = Field(default_factory=FindingSettings)
    failures: FailureSettings = Field(
        default_factory=FailureSettings,
        description="rules by which failure messages become templates and have a category",
    )
    masks: MaskSettings = Field(default_factory=MaskSettings)
    digest: DigestSettings = Field(default_factory=DigestSettings)
    log: LogSettings = Field(default_factory=LogSettings)

    @field_validator("repositories")
    @classmethod
    def _named(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not _REPOSITORY.fullmatch(name) and not _ON_GITEA.fullmatch(name):
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
        """Take values only from `load`, which has merged every source."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @property
    def state_url(self) -> str:
        """SQLAlchemy URL of the state; it may contain a password."""
        if self.state.url is not None:
            return self.state.url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'state.sqlite'}"

    @property
    def shares_state(self) -> bool:
        """Whether the state is on a server, for several workers."""
        return self.state_url.startswith("postgres")

    @property
    def globs(self) -> tuple[str, ...]:
        """The globs in `repositories`."""
        return tuple(name for name in self.repositories if is_glob(name))

    def require_source(self) -> None:
        """Raises ConfigurationError without repositories, GitHub credentials, or a store that all workers share.

        Where other CIs may send their results, there need be no repository of GitHub.
        """
        self.require_store()
        if not self.repositories and self.http.ingest.token is not None:
            return
        if not self.repositories:
            raise ConfigurationError(
                "no repositories are configured: set `repositories` in the settings file, "
                "or CI_HEALTH_REPOSITORIES=owner/name"
            )
        on_gitea = [name for name in self.repositories if name.startswith(GITEA)]
        if on_gitea and self.gitea is None:
            raise ConfigurationError(
                f"repositories: {on_gitea[0]!r} is on a Gitea server, and none is configured: set gitea.url, "
                "or CI_HEALTH_GITEA__URL"
            )
        if len(on_gitea) == len(self.repositories):
            return
        if not (self.github.token or self.github.app):
            raise ConfigurationError(
                "no GitHub token is configured: set CI_HEALTH_GITHUB__TOKEN or GITHUB_TOKEN, "
                "or `github.app` for a GitHub App"
            )
        if self.globs and not self.github.app:
            raise ConfigurationError(
                f"repositories: {self.globs[0]!r} stands for what a GitHub App is installed on: set "
                "github.app, or name the repositories"
            )

    def require_store(self) -> None:
        """Raises ConfigurationError without a store that all workers share."""
        if self.shares_state and self.influxdb is None:
            raise ConfigurationError(
                "state.url is for several workers, and the embedded store belongs to one process: "
                "set `influxdb` too, or leave state.url out"
            )
