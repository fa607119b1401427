"""The metrics of `/metrics` as the documentation lists them."""

from collections.abc import Iterable

from etl.http.metric_definitions import CI_METRICS, ETL_METRICS, Metric


def tables() -> str:
    """Two tables: the ETL's own metrics, and those of CI."""
    return "\n\n".join(
        ("### The ETL itself", _table(ETL_METRICS), "### CI", _table(CI_METRICS)),
    )


def _table(metrics: Iterable[Metric]) -> str:
    rows = [
        f"| `{metric.name}` | {metric.kind} | {' '.join(f'`{label}`' for label in metric.labels)} | {metric.doc} |"
        for metric in metrics
    ]
    return "\n".join(("| metric | kind | labels | what it tells |", "|---|---|---|---|", *rows))
