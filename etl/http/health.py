"""`/healthz`: whether the process is running; `/readyz`: whether it can take requests, and what is wrong.

If the store is unavailable or a repository cannot be read, the service is degraded but still ready:
webhooks are still stored, and metrics are still served. Only clients that may see everything get the
reasons, since these can name private repositories.
"""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass

from aiohttp import web

from etl.errors import CiHealthError
from etl.http.access import Access
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery

_UNAVAILABLE = 503
# Shorter than a probe's timeout.
_STATE_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Reason:
    """A problem; `blocks` means that it keeps the service from taking requests."""

    check: str
    why: str
    blocks: bool = False


class Health:
    """Checks the parts of a service. `trouble` returns those that have ended."""

    def __init__(
        self, pipeline: Pipeline, delivery: Delivery, access: Access, trouble: Callable[[], list[str]]
    ) -> None:
        self._pipeline = pipeline
        self._delivery = delivery
        self._access = access
        self._trouble = trouble

    async def alive(self, _request: web.Request) -> web.Response:
        """Whether all parts are running; if not, the service needs a restart."""
        trouble = self._trouble()
        if trouble:
            return web.json_response({"status": "broken", "reasons": trouble}, status=_UNAVAILABLE)
        return web.json_response({"status": "ok"})

    async def ready(self, request: web.Request) -> web.Response:
        """Whether requests can be taken: `ready`, `degraded` or `not ready`, with the reasons."""
        reasons = await self.reasons()
        blocked = any(reason.blocks for reason in reasons)
        shown = [asdict(reason) for reason in reasons]
        if not self._access.trusted(request):
            shown = [{key: item[key] for key in ("check", "blocks")} for item in shown]
        status = "not ready" if blocked else "degraded" if reasons else "ready"
        return web.json_response(
            {"status": status, "reasons": shown}, status=_UNAVAILABLE if blocked else 200
        )

    async def reasons(self) -> list[Reason]:
        """All current problems."""
        found = [Reason("service", trouble, True) for trouble in self._trouble()]
        found += await self._state()
        if self._delivery.trouble is not None:
            found.append(Reason("store", self._delivery.trouble.reason))
        found += [
            Reason("repository", f"{name}: {error}") for name, error in sorted(self._pipeline.failing.items())
        ]
        return found

    async def _state(self) -> list[Reason]:
        state = self._pipeline.state
        try:
            async with asyncio.timeout(_STATE_TIMEOUT_S):
                backlog = await state.call(state.outbox.backlog)
        except TimeoutError:
            return [Reason("state", f"the state did not answer within {_STATE_TIMEOUT_S:.0f} s", True)]
        except CiHealthError as error:
            return [Reason("state", str(error), True)]
        found = []
        if backlog.points >= self._pipeline.settings.state.outbox_limit:
            found.append(Reason("outbox", f"{backlog.points} points wait: extraction pauses"))
        if backlog.dead_letters:
            found.append(
                Reason(
                    "dead letters",
                    f"{backlog.dead_letters} points were rejected: see `ci-health dead-letters`",
                )
            )
        return found
