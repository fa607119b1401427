"""The texts of alerts: labels, numbers that can be read, and links, as Grafana's templates.

They name labels and values as `.Labels` and `.Values`, which is what Grafana's `$labels` and `$values`
stand for (`expandTemplate` in template.go): a text without a `$` means the same whatever a version
expands in provisioned files.
"""

from datetime import timedelta

from etl.queries.question import GITHUB


def label(name: str) -> str:
    """The label of that name."""
    return f"{{{{ .Labels.{name} }}}}"


def value(written: str) -> str:
    """The number of the query as a function of Grafana's templates writes it; nothing where it has none."""
    return f"{{{{ with .Values.A }}}}{{{{ {written} .Value }}}}{{{{ end }}}}"


def page_link(uid: str, chosen: tuple[str, ...]) -> str:
    """The address of a dashboard with what these labels say chosen; Grafana's own ends with a slash.

    A label that an alert without data has not is left out: Grafana writes `<no value>` for it.
    """
    values = "&".join(_where(name, f"var-{name}={{{{ urlquery .Labels.{name} }}}}") for name in chosen)
    return f"{{{{ externalURL }}}}d/{uid}?{values}"


def github_link(path: str) -> str:
    """The address of a page of the repository's on GitHub, or GitHub's where no repository is known."""
    return f"{GITHUB}/" + _where("repository", f"{label('repository')}/{path}")


def _where(name: str, text: str) -> str:
    return f"{{{{ if .Labels.{name} }}}}{text}{{{{ end }}}}"


def seconds(time: timedelta) -> int:
    """A time for a condition."""
    return time // timedelta(seconds=1)


def hours(time: timedelta) -> str:
    """A limit in words."""
    return f"{time // timedelta(hours=1)} h"


def span(time: timedelta) -> str:
    """A time of whole days in words, after an article."""
    return f"{time.days} days" if time.days > 1 else "day"
