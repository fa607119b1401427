"""Deployments of a commit and their statuses."""

from typing import Any
from urllib.parse import quote

from etl.anomalies import Anomaly
from etl.errors import NotFoundError
from etl.extract.github.client import RepositoryClient
from etl.extract.github.listing import list_all
from etl.extract.github.records import parse_deployment_status
from etl.model.approvals import DeploymentStatus
from etl.model.values import required


async def has_deployments(client: RepositoryClient) -> bool:
    """Whether the repository has any deployments. Raises what `RepositoryClient.page` raises."""
    try:
        return bool(await client.item("/deployments?per_page=1"))
    except NotFoundError:
        return False


async def list_deployments(client: RepositoryClient, sha: str) -> tuple[list[int], list[Anomaly]]:
    """Ids of a commit's deployments. Raises what `RepositoryClient.page` raises."""
    listing = await list_all(client, f"/deployments?sha={quote(sha, safe='')}&per_page=100", None, _id)
    return listing.items, listing.anomalies


async def list_deployment_statuses(
    client: RepositoryClient, deployment: int
) -> tuple[list[DeploymentStatus], list[Anomaly]]:
    """Statuses of a deployment. Raises what `RepositoryClient.page` raises."""
    path = f"/deployments/{deployment}/statuses?per_page=100"
    listing = await list_all(client, path, None, parse_deployment_status)
    return listing.items, listing.anomalies


def _id(raw: Any) -> int:
    return required(raw, "id", int)
