"""Panels of three kinds: figures, charts over time and tables. Each has a title, a description and units."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from grafana_foundation_sdk.builders import common as build_common
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
)

from dashboards.flux import FluxQuery
from dashboards.links import Link
from dashboards.looks import (
    BAD,
    BLUE,
    GOOD,
    GREY,
    LOOKS,
    NOTHING,
    ORANGE,
    RATE,
    UNLESS_FAILED,
    VERMILION,
    Look,
)
from dashboards.variables import REFERENCE

AnyPanel = stat.Panel | timeseries.Panel | table.Panel
_P = TypeVar("_P", stat.Panel, timeseries.Panel, table.Panel)
_TOP: Final = 24

_STATES: Final = {
    **dict.fromkeys(("broken", "failing", "error", "failed", "late", "rejected"), VERMILION),
    **dict.fromkeys(("flaky", "behind", "waiting"), ORANGE),
    **dict.fromkeys(("ok", "passed", "passing"), BLUE),
    **dict.fromkeys(("quiet", "skipped"), GREY),
}


def figures(title: str, about: str, query: str, columns: Mapping[str, Look]) -> stat.Panel:
    """One row's values side by side."""
    panel = _one_row(common.BigValueColorMode.NONE, " ".join(columns))
    for name, look in columns.items():
        panel = panel.override_by_name(name, _figure(look))
    return _framed(panel.with_target(FluxQuery(query)), title, about, _TOP, 4)


def changes(
    title: str, about: str, query: str, columns: Mapping[str, tuple[str, int]], *, nothing: str
) -> stat.Panel:
    """One row's texts that begin with a sign; `columns` tell of each which is good news, +1, -1 or 0 (neither)."""
    panel = _one_row(common.BigValueColorMode.VALUE, " ".join(columns))
    for name, (shown_as, good) in columns.items():
        panel = panel.override_by_name(name, [*_figure(Look(shown_as)), *_signs(good)])
    return _framed(panel.with_target(FluxQuery(query)), title, about, _TOP, 4).no_value(
        f"{nothing} {UNLESS_FAILED}"
    )


def _one_row(colours: common.BigValueColorMode, columns: str) -> stat.Panel:
    return (
        stat.Panel()
        .color_mode(colours)
        .graph_mode(common.BigValueGraphMode.NONE)
        .text_mode(common.BigValueTextMode.VALUE_AND_NAME)
        .reduce_options(
            build_common.ReduceDataOptions().values(values=True).calcs(["lastNotNull"]).fields("/.*/")
        )
        .with_transformation(_order(columns))
    )


def chart(
    title: str,
    about: str,
    queries: Mapping[str, str],
    unit: str,
    *,
    name: str = "",
    colours: Sequence[str] = (),
    bars: bool = False,
    span: int = 12,
    height: int = 8,
) -> timeseries.Panel:
    """Lines, or stacked bars, over time; each query is called by its key where `name`, of labels, is ""."""
    panel = (
        timeseries.Panel()
        .color_scheme(build.FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
        .legend(
            build_common.VizLegendOptions()
            .show_legend(show_legend=True)
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
        )
        .tooltip(
            build_common.VizTooltipOptions()
            .mode(common.TooltipDisplayMode.MULTI)
            .sort(common.SortOrder.DESCENDING)
        )
        .show_points(common.VisibilityMode.ALWAYS)
        .span_nulls(span_nulls=True)
        .line_width(2)
    )
    if unit == "percentunit":
        panel = panel.max(1)
    if bars:
        stacked = build_common.StackingConfig().mode(common.StackingMode.NORMAL).group("A")
        panel = panel.draw_style(common.GraphDrawStyle.BARS).fill_opacity(80).stacking(stacked)
        panel = panel.show_points(common.VisibilityMode.NEVER)
    for place, title_of in enumerate(queries):
        ref_id = chr(ord("A") + place)
        properties = [DynamicConfigValue("displayName", name or title_of)]
        if colours:
            properties.append(DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colours[place]}))
        panel = panel.override_by_query(ref_id, properties)
    for place, query in enumerate(queries.values()):
        panel = panel.with_target(FluxQuery(query, chr(ord("A") + place)))
    return _framed(panel, title, about, span, height).unit(unit).min(0)


def rows(
    title: str,
    about: str,
    query: str,
    columns: str,
    *,
    links: Mapping[str, Sequence[Link]] | None = None,
    hidden: str = "",
    span: int = 24,
    height: int = 9,
    nothing: str = NOTHING,
) -> table.Panel:
    """A table of these columns; `links` go from a column, `hidden` columns are there for links alone.

    `nothing` is what it says without rows.
    """
    panel = table.Panel().with_transformation(_order(f"{columns} {hidden}"))
    for name in columns.split():
        properties = _cell(LOOKS[name])
        if links and name in links:
            properties.append(DynamicConfigValue("links", list(links[name])))
        panel = panel.override_by_name(name, properties)
    for name in hidden.split():
        panel = panel.override_by_name(name, [DynamicConfigValue("custom.hidden", value=True)])
    return _framed(panel.with_target(FluxQuery(query)), title, about, span, height).no_value(
        f"{nothing} {UNLESS_FAILED}"
    )


def _framed(panel: _P, title: str, about: str, span: int, height: int) -> _P:
    framed = (
        panel.title(title).description(about).datasource(REFERENCE).no_value(f"{NOTHING} {UNLESS_FAILED}")
    )
    return framed.span(span).height(height)


def _order(columns: str) -> DataTransformerConfig:
    """Columns from left to right: InfluxDB gives them in the alphabet's order."""
    places = {name: place for place, name in enumerate(columns.split())}
    options = {"indexByName": places, "excludeByName": {}, "renameByName": {}}
    return DataTransformerConfig(id_val="organize", options=options)


def _figure(look: Look) -> list[DynamicConfigValue]:
    return _look(look, unknown="–")  # noqa: RUF001


def _look(look: Look, *, unknown: str) -> list[DynamicConfigValue]:
    """How a value is written; without an `unknown` of its own a value would show what the panel says of no rows."""
    properties = [
        DynamicConfigValue("displayName", look.title),
        DynamicConfigValue("noValue", unknown),
    ]
    if look.unit:
        properties.append(DynamicConfigValue("unit", look.unit))
    if look.unit == RATE:
        properties.append(DynamicConfigValue("decimals", 1))
    return properties


def _cell(look: Look) -> list[DynamicConfigValue]:
    """How a table's column is shown; where nothing is known it is empty, with nothing to click."""
    properties = _look(look, unknown="")
    if look.width:
        properties.append(DynamicConfigValue("custom.width", look.width))
    else:
        properties.append(DynamicConfigValue("custom.minWidth", look.at_least))
    if look.colour and look.unit == RATE:
        properties += [*_shown_as("basic", "gauge"), _fixed(look.colour)]
        properties += [DynamicConfigValue("min", 0), DynamicConfigValue("max", 1)]
    elif look.colour:
        properties += [*_shown_as("color-background-solid", "color-background"), _fixed(look.colour)]
    if look in (LOOKS["state"], LOOKS["outcome"], LOOKS["status"]):
        options = {value: {"color": colour, "index": n} for n, (value, colour) in enumerate(_STATES.items())}
        properties += [
            DynamicConfigValue("mappings", [{"type": "value", "options": options}]),
            *_shown_as("color-text", "color-text"),
        ]
    return properties


def _shown_as(mode: str, kind: str) -> list[DynamicConfigValue]:
    """How a cell is drawn: as Grafana before `cellOptions` had it, which 9.4 knows alone, and since."""
    options = {"type": kind} if kind == "color-text" else {"type": kind, "mode": "basic"}
    return [
        DynamicConfigValue("custom.displayMode", mode),
        DynamicConfigValue("custom.cellOptions", options),
    ]


def _fixed(colour: str) -> DynamicConfigValue:
    return DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})


def _signs(good: int) -> list[DynamicConfigValue]:
    """Colours for a text by its sign; grey where it has none."""
    up, down = {1: (GOOD, BAD), -1: (BAD, GOOD)}.get(good, (GREY, GREY))
    mappings = [
        {"type": "regex", "options": {"pattern": pattern, "result": {"color": colour, "index": place}}}
        for place, (pattern, colour) in enumerate((("/^\\+/", up), ("/^-/", down)))
    ]
    steps = [{"color": GREY, "value": None}]
    return [
        DynamicConfigValue("mappings", mappings),
        DynamicConfigValue("thresholds", {"mode": "absolute", "steps": steps}),
    ]
