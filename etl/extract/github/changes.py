"""Files that a pull request or a commit changes.

Source: GitHub's REST API reference: "Compare two commits", "Get a commit".
"""

from typing import Any
from urllib.parse import quote

from etl.extract.github.client import RepositoryClient
from etl.model.values import optional, required


async def files_changed(client: RepositoryClient, base: str, head: str) -> frozenset[str]:
    """Files changed since the branch left `base`, or by the commit itself if `base` is empty; at most 300.

    Raises what `RepositoryClient.page` raises.
    """
    end = quote(head, safe="")
    path = f"/compare/{quote(base, safe='')}...{end}" if base else f"/commits/{end}"
    files: list[Any] = required(await client.item(path), "files", list)
    names = (
        optional(one, name, str, default="") for one in files for name in ("filename", "previous_filename")
    )
    return frozenset(name for name in names if name)
