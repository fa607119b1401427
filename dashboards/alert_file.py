"""The file that Grafana provisions alert rules from.

Grafana expands `$NAME` in labels and titles, and takes annotations and the models of queries as they
stand (`mapToModel` in rules_types.go, from 9.2 on); in annotations the newest versions expand `${NAME}`.
So a label or title has two `$` for one, a model has one, and an annotation has none at all.
"""

from datetime import timedelta
from typing import Any

import yaml

from dashboards.alert_texts import github_link, page_link
from dashboards.alerts import Query, Rule, rules
from dashboards.flux import SOURCE
from dashboards.links import uid
from dashboards.thresholds import EVALUATED_EVERY


def text() -> str:
    """The file of rules."""
    group = {
        "orgId": 1,
        "name": "ci-health",
        "folder": "CI health",
        "interval": _duration(EVALUATED_EVERY),
        "rules": [_provisioned(rule) for rule in rules()],
    }
    content = yaml.dump(
        {"apiVersion": 1, "groups": [group]}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000
    )
    return "# Written by `python -m dashboards` from dashboards/alerts.py and thresholds.py.\n" + content


def _provisioned(rule: Rule) -> dict[str, Any]:
    condition = {
        "refId": "Z",
        "datasourceUid": "__expr__",
        "relativeTimeRange": {"from": 0, "to": 0},
        "model": {"refId": "Z", "type": "math", "expression": rule.condition},
    }
    return {
        "uid": uid(rule.name),
        "title": _expanded(rule.title),
        "condition": "Z",
        "data": [_query(rule.query), condition],
        "noDataState": rule.without_data,
        "execErrState": "Error",
        "for": "0s",
        "annotations": {
            "summary": rule.summary,
            "description": rule.when,
            "__dashboardUid__": uid(rule.page),
            "__panelId__": "1",
            "dashboard": page_link(uid(rule.page), rule.chosen),
            "github": github_link(rule.github),
        },
        "labels": {"source": "ci-health"},
    }


def _query(query: Query) -> dict[str, Any]:
    return {
        "refId": "A",
        "datasourceUid": SOURCE,
        "relativeTimeRange": {"from": int(query.span.total_seconds()), "to": 0},
        "model": {"refId": "A", "query": query.flux},
    }


def _expanded(text: str) -> str:
    return text.replace("$", "$$")


def _duration(span: timedelta) -> str:
    return f"{span // timedelta(seconds=1)}s"


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as it reads."""


def _written(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _written)
