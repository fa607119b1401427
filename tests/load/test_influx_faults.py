"""What InfluxDB cannot be made to answer in a test, answered by a small server of our own."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from etl.errors import FatalError, RetriableError
from etl.load.influxdb import InfluxStore
from tests.load.faults import FaultServer

LINES = [b"job,job=j%d job_id=1i %d" % (number, number + 1) for number in range(10)]
SPAN = {"start": datetime(2026, 1, 1, tzinfo=UTC), "stop": datetime(2026, 1, 2, tzinfo=UTC)}


@pytest.fixture
async def store(faults: FaultServer) -> AsyncIterator[InfluxStore]:
    store = InfluxStore(faults.settings)
    yield store
    await store.close()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_busy_server_is_retriable(store: InfluxStore, faults: FaultServer, status: int) -> None:
    faults.answer = lambda _lines: web.Response(status=status)
    with pytest.raises(RetriableError, match=str(status)) as caught:
        await store.write(LINES)
    assert caught.value.retry_after is None
    assert len(faults.bodies) == 1


async def test_retry_after_in_seconds(store: InfluxStore, faults: FaultServer) -> None:
    faults.answer = lambda _lines: web.Response(status=429, headers={"Retry-After": "17"})
    with pytest.raises(RetriableError) as caught:
        await store.write(LINES)
    assert caught.value.retry_after == 17


async def test_retry_after_as_a_date(store: InfluxStore, faults: FaultServer) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    faults.answer = lambda _lines: web.Response(status=503, headers={"Retry-After": date})
    with pytest.raises(RetriableError) as caught:
        await store.write(LINES)
    assert caught.value.retry_after is not None
    assert 3_000 < caught.value.retry_after <= 3_600


async def test_retry_after_that_says_nothing(store: InfluxStore, faults: FaultServer) -> None:
    faults.answer = lambda _lines: web.Response(status=503, headers={"Retry-After": "soon"})
    with pytest.raises(RetriableError) as caught:
        await store.write(LINES)
    assert caught.value.retry_after is None


async def test_a_server_that_never_answers(faults: FaultServer) -> None:
    faults.hangs = True
    impatient = InfluxStore(faults.settings, timeout_s=0.5)
    for call in (impatient.write(LINES), impatient.query("jobs", SPAN), impatient.prepare()):
        with pytest.raises(RetriableError, match="too long"):
            await call
    await impatient.close()


async def test_a_server_that_is_not_there(store: InfluxStore, faults: FaultServer) -> None:
    await faults.stop()
    for call in (store.write(LINES), store.query("jobs", SPAN), store.prepare(), store.delete("a/b", **SPAN)):
        with pytest.raises(RetriableError, match="does not answer") as caught:
            await call
        assert faults.settings.url.rstrip("/") in str(caught.value)


async def test_a_body_that_is_too_large_is_split(store: InfluxStore, faults: FaultServer) -> None:
    faults.answer = lambda lines: web.Response(status=413 if len(lines) > 3 else 204)
    result = await store.write(LINES)
    assert (result.accepted, result.rejected) == (10, ())
    assert [line for body in faults.bodies if len(body) <= 3 for line in body] == LINES


async def test_a_line_that_is_too_large_is_rejected(store: InfluxStore, faults: FaultServer) -> None:
    faults.answer = lambda lines: web.Response(status=413 if LINES[4] in lines else 204)
    result = await store.write(LINES)
    assert result.accepted == 9
    assert [rejected.line for rejected in result.rejected] == [LINES[4]]


async def test_a_proxys_400_rejects_no_line(store: InfluxStore, faults: FaultServer) -> None:
    faults.answer = lambda _lines: web.Response(status=400, text="<html>Bad Request</html>")
    with pytest.raises(FatalError, match="400"):
        await store.write(LINES)
    assert len(faults.bodies) == 1


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_refusal_is_fatal_and_keeps_the_token(
    store: InfluxStore, faults: FaultServer, status: int
) -> None:
    faults.answer = lambda _lines: web.Response(status=status)
    for call in (store.write(LINES), store.query("jobs", SPAN)):
        with pytest.raises(FatalError, match=r"influxdb\.") as caught:
            await call
        assert "a-secret" not in str(caught.value)
        assert faults.settings.url in str(caught.value)


async def test_writes_are_cut_into_requests(store: InfluxStore, faults: FaultServer) -> None:
    lines = [b"job job_id=1i %d" % number for number in range(12_001)]
    assert (await store.write(lines)).accepted == 12_001
    assert [len(body) for body in faults.bodies] == [5_000, 5_000, 2_001]
    faults.bodies.clear()
    large = [b'failure message="%b" %d' % (b"x" * 60_000, number) for number in range(100)]
    assert (await store.write(large)).accepted == 100
    assert [len(body) for body in faults.bodies] == [83, 17]


async def test_nothing_is_nothing(store: InfluxStore, faults: FaultServer) -> None:
    assert (await store.write([])).accepted == 0
    assert faults.bodies == []
