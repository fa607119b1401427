"""The executions of a repository's jobs, newest first, as far back as they are needed; asked for once."""

import asyncio

from etl.extract.gitea.client import GiteaClient
from etl.extract.gitea.records import Task, parse_task
from etl.extract.github.listing import parsed


class Tasks:
    """The tasks of one repository. What has ended does not change, and is not asked for again."""

    def __init__(self, client: GiteaClient) -> None:
        self._client = client
        self._known: dict[int, Task] = {}
        self._complete_since: int | None = None
        self._asking = asyncio.Lock()

    async def of_run(self, number: int, since: int) -> list[Task]:
        """The tasks of a run that was created then (Unix seconds). Raises what `GiteaClient.page` raises."""
        async with self._asking:
            await self._read(since)
        return [task for task in self._known.values() if task.run_number == number]

    async def _read(self, since: int) -> None:
        ended = {task.id for task in self._known.values() if task.conclusion is not None}
        reaches = self._complete_since is not None and self._complete_since <= since
        async for page in self._client.pages("/actions/tasks", "workflow_runs"):
            found, _ = parsed(page.entries, "tasks", parse_task, page.path)
            self._known.update((task.id, task) for task in found)
            if reaches and found and all(task.id in ended for task in found):
                return
            if found and found[-1].created_at < since:
                break
        self._complete_since = since if self._complete_since is None else min(since, self._complete_since)
