"""A dashboard as data, and its JSON."""

import json
from dataclasses import dataclass
from typing import Any, Final

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from dashboards.flux import CHOSEN
from dashboards.links import PREFIX, uid
from dashboards.marks import marks
from dashboards.panels import AnyPanel
from dashboards.variables import variables

# The first sync reaches 30 days back: twice as long as this, so that there is a period before.
_DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class Page:
    """A dashboard: the end of its uid, what it is called, what it answers, and its panels in order."""

    name: str
    title: str
    about: str
    panels: tuple[AnyPanel, ...]
    variables: tuple[str, ...] = CHOSEN

    def model(self) -> model.Dashboard:
        """The SDK's dashboard; panels are numbered and placed in rows of 24 columns, in their order."""
        made = (
            build.Dashboard(self.title)
            .uid(uid(self.name))
            .description(self.about)
            .tags([PREFIX])
            .time(f"now-{_DAYS}d", "now")
            .timezone("browser")
            .refresh("15m")
            .tooltip(model.DashboardCursorSync.CROSSHAIR)
            .readonly()
            .variables(variables(*self.variables))
            .link(_others())
        )
        for number, panel in enumerate(self.panels, 1):
            made = made.with_panel(panel.id(number))
        return made.build()

    def text(self) -> str:
        """The dashboard's file."""
        content: dict[str, Any] = json.loads(json.dumps(self.model(), cls=JSONEncoder))
        # The SDK gives each variable the same id, by which Grafana 9.4 keeps them apart; without one it
        # takes their names (`addVariable` in sharedReducer.ts).
        for variable in content["templating"]["list"]:
            del variable["id"]
        content["annotations"] = {"list": [mark.to_json() for mark in marks()]}
        return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _others() -> build.DashboardLink:
    return (
        build.DashboardLink("CI health")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags([PREFIX])
        .as_dropdown(as_dropdown=True)
        .include_vars(include_vars=True)
        .keep_time(keep_time=True)
    )
