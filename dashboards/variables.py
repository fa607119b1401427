"""The dashboards' variables: what can be chosen, from queries that storage answers by its index."""

from typing import Final

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from dashboards.flux import SOURCE, USUAL_WINDOW, WINDOWS, chosen

Variable = Builder[model.VariableModel]

REFERENCE: Final = model.DataSourceRef(type_val="influxdb", uid=SOURCE)
ALL: Final = ".*"
_MEASUREMENTS: Final = {"job": "job", "test": "test"}
_DOCS: Final = {
    "repository": "Repositories to look at",
    "workflow": "Workflows of these repositories",
    "job": "Jobs of these workflows",
    "branch": "Branches with a tag of their own, (pull request) and (other)",
    "test": "The test to look at",
}


def variables(*names: str) -> list[Variable]:
    """Variables of these names, each offering what the ones before it leave, and the window."""
    made = [_of_names(name, names[:place]) for place, name in enumerate(names)]
    return [*made, _every()]


def tag_values(tag: str, before: tuple[str, ...]) -> str:
    """Flux for the values of a tag, where the variables `before` match."""
    measurement = _MEASUREMENTS.get(tag, "workflow_run")
    kept = [name for name in before if not (name == "job" and measurement == "workflow_run")]
    conditions = [f'r._measurement == "{measurement}"', *(f"r.{name} =~ {chosen(name)}" for name in kept)]
    return (
        'import "influxdata/influxdb/schema"\n'
        "schema.tagValues(\n"
        "    bucket: v.defaultBucket,\n"
        f'    tag: "{tag}",\n'
        f"    predicate: (r) => {' and '.join(conditions)},\n"
        "    start: v.timeRangeStart,\n"
        "    stop: v.timeRangeStop,\n"
        ")\n"
    )


def _of_names(name: str, before: tuple[str, ...]) -> Variable:
    made = (
        build.QueryVariable(name)
        .label(name.capitalize())
        .description(_DOCS[name])
        .datasource(REFERENCE)
        .query(tag_values(name, before))
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
    )
    if name == "test":
        return made
    every = model.VariableOption(selected=True, text=["All"], value=["$__all"])
    return made.multi(multi=True).include_all(include_all=True).all_value(ALL).current(every)


def _every() -> Variable:
    usual = model.VariableOption(selected=True, text=USUAL_WINDOW, value=USUAL_WINDOW)
    return (
        build.CustomVariable("every")
        .label("Window")
        .description("Length of the windows that charts over time count in")
        .values(",".join(WINDOWS))
        .options([model.VariableOption(selected=one == USUAL_WINDOW, text=one, value=one) for one in WINDOWS])
        .current(usual)
    )
