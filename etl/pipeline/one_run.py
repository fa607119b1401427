"""Reads a single run now, for commands that need it before the next sync."""

from etl.errors import FatalError
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.run_once import deliver_beside
from etl.pipeline.run_reader import RunReader
from etl.pipeline.session import Session, run_session
from etl.pipeline.sync import first_window
from etl.pipeline.windows import ask_for_run


async def read_one(pipeline: Pipeline, name: str, run_id: int) -> None:
    """Read a run as it is now and deliver its points; raises FatalError with the reason if that fails."""

    async def read(session: Session) -> None:
        reader = RunReader(session, since=first_window(session, int(session.clock()), newest_only=False))
        await ask_for_run(session, reader, run_id, conditional=False)

    async def extract(delivery: Delivery) -> list[str | None]:
        async with pipeline.locks.hold(name):
            return [(await run_session(pipeline, delivery, name, read)).error]

    (error,), delivery = await deliver_beside(pipeline, extract)
    if error is not None:
        raise FatalError(f"{name}: {error}")
    if delivery.trouble is not None:
        raise FatalError(f"run {run_id} is read, but not delivered yet: {delivery.trouble.reason}")
