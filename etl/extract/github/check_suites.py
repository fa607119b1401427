"""The check runs of many check suites in one request, by GitHub's GraphQL API.

A job is a check run of its run's suite, and has the same id; the REST API takes a request for each run.
Source: GitHub docs, GraphQL reference: `CheckSuite.checkRuns`, `CheckRunFilter`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from etl.extract.github.client import RepositoryClient
from etl.model.payloads import MOST_JOBS

# Suites in one request.
_TOGETHER: Final = 50
# `ALL`: also of earlier attempts, and of the same name.
_QUERY: Final = f"""
query($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    ... on CheckSuite {{
      id
      checkRuns(first: {MOST_JOBS}, filterBy: {{checkType: ALL}}) {{ totalCount nodes {{ databaseId }} }}
    }}
  }}
}}
"""


async def check_runs_of(client: RepositoryClient, suites: Sequence[str]) -> dict[str, frozenset[int]]:
    """Ids of all check runs by suite, both by the ids that GitHub gives them; without suites that are not wholly told.

    Raises what `RepositoryClient.graphql` raises.
    """
    found: dict[str, frozenset[int]] = {}
    for start in range(0, len(suites), _TOGETHER):
        data = await client.graphql(_QUERY, {"ids": list(suites[start : start + _TOGETHER])})
        nodes = data.get("nodes")
        for node in nodes if isinstance(nodes, list) else ():
            ids = _ids(node)
            if ids is not None:
                found[node["id"]] = ids
    return found


def _ids(node: Any) -> frozenset[int] | None:
    """The ids in a suite; None unless they are all there."""
    runs = node.get("checkRuns") if isinstance(node, Mapping) and isinstance(node.get("id"), str) else None
    if not isinstance(runs, Mapping) or not isinstance(runs.get("nodes"), list):
        return None
    ids = [run.get("databaseId") if isinstance(run, Mapping) else None for run in runs["nodes"]]
    whole = frozenset(number for number in ids if isinstance(number, int))
    return whole if len(whole) == len(ids) == runs.get("totalCount") else None
