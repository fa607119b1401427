"""The store on a real InfluxDB."""

import asyncio
import time
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from etl.errors import FatalError
from etl.load.influxdb import InfluxStore
from etl.load.line_encoder import encode
from etl.model.points import NANOSECONDS, Point
from etl.model.schema import ETL, JOB, MEASUREMENTS
from etl.settings import InfluxSettings
from tests.influxd import Influxd
from tests.load.stores import ReadBack, always, in_order
from tests.queries.samples import points

NOW = int(time.time()) * NANOSECONDS
DAY = 86_400 * NANOSECONDS


def job(number: int, *, repository: str = "a/b", ago: int = 0) -> Point:
    return Point("job", {"repository": repository, "job": "unit"}, {"job_id": number}, NOW - ago + number)


async def _with(settings: InfluxSettings, work: str, *arguments: Any, **changes: Any) -> Any:
    store = InfluxStore(settings.model_copy(update=changes))
    try:
        return await getattr(store, work)(*arguments)
    finally:
        await store.close()


def _bucket(influxd: Influxd, name: str) -> dict[str, Any]:
    found: dict[str, Any] = influxd.call("GET", f"/api/v2/buckets?org={influxd.org}&name={name}")["buckets"][
        0
    ]
    return found


def _keep_for(influxd: Influxd, name: str, *, days: int) -> None:
    rules = {"retentionRules": [{"type": "expire", "everySeconds": days * 86_400}]}
    influxd.call("PATCH", f"/api/v2/buckets/{_bucket(influxd, name)['id']}", rules)


def _limited(influxd: Influxd, resource: dict[str, Any], *actions: str) -> InfluxSettings:
    """Settings with a token that may do only that."""
    org_id = influxd.call("GET", f"/api/v2/orgs?org={influxd.org}")["orgs"][0]["id"]
    permissions = [{"action": action, "resource": {"id": org_id} | resource} for action in actions]
    answer = influxd.call("POST", "/api/v2/authorizations", {"orgID": org_id, "permissions": permissions})
    return InfluxSettings.model_validate(
        {"url": influxd.url, "org": influxd.org, "bucket": "nowhere", "token": answer["token"]}
    )


async def test_prepare_creates_the_bucket_with_its_retention(
    influxd: Influxd, influx_settings: InfluxSettings
) -> None:
    for _ in range(2):
        await _with(influx_settings, "prepare", retention=timedelta(days=3))
    rules = _bucket(influxd, influx_settings.bucket)["retentionRules"]
    assert [rule["everySeconds"] for rule in rules] == [3 * 86_400]


async def test_many_may_create_the_bucket_at_once(influxd: Influxd, influx_settings: InfluxSettings) -> None:
    """Workers and commands that begin together."""
    await asyncio.gather(*(_with(influx_settings, "prepare") for _ in range(12)))
    assert _bucket(influxd, influx_settings.bucket)["name"] == influx_settings.bucket


async def test_prepare_leaves_an_existing_bucket_alone(
    influxd: Influxd, influx_settings: InfluxSettings
) -> None:
    await _with(influx_settings, "prepare", retention=timedelta(days=3))
    await _with(influx_settings, "prepare", retention=timedelta(days=9))
    rules = _bucket(influxd, influx_settings.bucket)["retentionRules"]
    assert [rule["everySeconds"] for rule in rules] == [3 * 86_400]


async def _refused(answer: Awaitable[Any], *words: str) -> None:
    with pytest.raises(FatalError) as caught:
        await answer
    for word in words:
        assert word in str(caught.value)


async def test_a_refused_token(influx_settings: InfluxSettings) -> None:
    for work, arguments in (("prepare", ()), ("write", ([encode(job(1))],))):
        await _refused(
            _with(influx_settings, work, *arguments, token=SecretStr("wrong")),
            influx_settings.url,
            "influxdb.token",
            "401",
        )


async def test_a_missing_organisation(influx_settings: InfluxSettings) -> None:
    await _refused(
        _with(influx_settings, "prepare", org="nobody"), "nobody", "influxdb.org", influx_settings.url
    )


async def test_a_missing_bucket(influx_settings: InfluxSettings) -> None:
    await _refused(
        _with(influx_settings, "write", [encode(job(1))]), "404", influx_settings.bucket, "influxdb.bucket"
    )


async def test_a_question_to_a_missing_bucket(influx_settings: InfluxSettings) -> None:
    span = {"start": datetime(2026, 1, 1, tzinfo=UTC), "stop": datetime(2026, 1, 2, tzinfo=UTC)}
    await _refused(_with(influx_settings, "query", "jobs", span), "404", influx_settings.bucket)


async def test_a_token_that_may_not_create_the_bucket(influxd: Influxd) -> None:
    settings = _limited(influxd, {"type": "orgs"}, "read")
    await _refused(_with(settings, "prepare"), "nowhere", "create", "influxdb.token", influxd.url)


@pytest.mark.usefixtures("influx")
async def test_a_token_that_may_only_read(influxd: Influxd, influx_settings: InfluxSettings) -> None:
    bucket = {"type": "buckets", "id": _bucket(influxd, influx_settings.bucket)["id"]}
    changes = {"token": _limited(influxd, bucket, "read").token}
    await _with(influx_settings, "prepare", **changes)
    writing = _with(influx_settings, "write", [encode(job(1))], **changes)
    await _refused(writing, "403", "write", "influxdb.token")


@pytest.mark.usefixtures("influx")
async def test_a_token_of_the_bucket_alone_suffices(
    influxd: Influxd, influx_settings: InfluxSettings
) -> None:
    bucket = {"type": "buckets", "id": _bucket(influxd, influx_settings.bucket)["id"]}
    changes = {"token": _limited(influxd, bucket, "read", "write").token}
    await _with(influx_settings, "prepare", **changes)
    assert (await _with(influx_settings, "write", [encode(job(1))], **changes)).accepted == 1


async def test_a_line_that_cannot_be_parsed_is_isolated(influx: InfluxStore, read_back: ReadBack) -> None:
    sent = [job(number) for number in range(1_000)]
    lines = [encode(point) for point in sent]
    bad = [b"job,job= job_id=1i %d" % NOW, b"job job_id=what %d" % NOW, b"job job_id=1i soon"]
    result = await influx.write([*lines[:300], bad[0], *lines[300:777], *bad[1:], *lines[777:]])
    assert result.accepted == 1_000
    assert [rejected.line for rejected in result.rejected] == bad
    assert "missing tag value" in result.rejected[0].reason
    assert read_back(JOB) == sent


async def test_a_field_of_another_type_is_isolated(influx: InfluxStore, read_back: ReadBack) -> None:
    sent = [job(number) for number in range(100)]
    await influx.write([encode(sent[0])])
    bad = b'job,job=unit,repository=a/b job_id="text" %d' % NOW
    result = await influx.write([*map(encode, sent[:50]), bad, *map(encode, sent[50:])])
    assert result.accepted == 100
    assert [rejected.line for rejected in result.rejected] == [bad]
    assert "type conflict" in result.rejected[0].reason
    assert read_back(JOB) == sent


async def test_points_older_than_the_retention_are_not_sent(
    influx_settings: InfluxSettings, read_back: ReadBack
) -> None:
    store = InfluxStore(influx_settings.model_copy(update={"retention": timedelta(days=2)}))
    await store.prepare()
    result = await store.write([encode(job(1)), encode(job(2, ago=3 * DAY)), encode(job(3, ago=DAY))])
    assert (result.accepted, result.expired, result.rejected) == (2, 1, ())
    assert [point.fields["job_id"] for point in read_back(JOB)] == [3, 1]
    await store.close()


async def test_a_retention_that_was_raised_is_asked_for_before_anything_is_dropped(
    influxd: Influxd, influx_settings: InfluxSettings
) -> None:
    store = InfluxStore(influx_settings.model_copy(update={"retention": timedelta(days=2)}))
    await store.prepare()
    _keep_for(influxd, influx_settings.bucket, days=30)
    result = await store.write([encode(job(1)), encode(job(2, ago=3 * DAY)), encode(job(3, ago=40 * DAY))])
    assert (result.accepted, result.expired) == (2, 1)
    assert abs(await store.oldest() - (time.time() - 30 * 86_400)) < 86_400
    await store.close()


async def test_points_that_expire_unexpectedly_are_counted_too(influx_settings: InfluxSettings) -> None:
    await _with(influx_settings, "prepare", retention=timedelta(days=2))
    # Without `prepare` the store does not know the retention.
    lines = [encode(job(1)), encode(job(2, ago=3 * DAY))]
    result = await _with(influx_settings, "write", lines)
    assert (result.accepted, result.expired, result.rejected) == (1, 1, ())


async def test_points_come_back_as_they_were(influx: InfluxStore, read_back: ReadBack) -> None:
    sent = points(5, 500)
    assert (await influx.write([encode(point) for point in sent])).accepted == len(sent)
    for measurement in MEASUREMENTS.values():
        expected = [point for point in sent if point.measurement == measurement.name]
        assert read_back(measurement) == sorted(expected, key=in_order)


async def test_writing_twice_is_writing_once(influx: InfluxStore, read_back: ReadBack) -> None:
    sent = [job(number) for number in range(50)]
    for _ in range(2):
        await influx.write([encode(point) for point in sent])
    assert read_back(JOB) == sent


@pytest.mark.parametrize("repository", ["a/b", 'a"b', r"a\b", "a' AND x", '" OR "', "${1+1}"])
async def test_delete_takes_one_repository_and_span(
    influx: InfluxStore, read_back: ReadBack, repository: str
) -> None:
    start = datetime.fromtimestamp(NOW // NANOSECONDS - 100, UTC)
    stop = datetime.fromtimestamp(NOW // NANOSECONDS, UTC)
    first, last = int(start.timestamp()) * NANOSECONDS, NOW
    times = [first - 1, first, last - 1, last]
    sent = [
        Point(name, {"repository": name_of}, always(measurement), moment)
        for name, measurement in MEASUREMENTS.items()
        for name_of in (repository, "kept/one")
        for moment in times
    ]
    await influx.write([encode(point) for point in sent])
    await influx.delete(repository, start, stop)
    for name, measurement in MEASUREMENTS.items():
        left = [(point.tags["repository"], point.time) for point in read_back(measurement)]
        kept = times if name == ETL.name else [first - 1, last]
        assert sorted(left) == sorted([(repository, t) for t in kept] + [("kept/one", t) for t in times])


async def test_the_address_holds_no_secret(influx: InfluxStore, influx_settings: InfluxSettings) -> None:
    assert influx_settings.url in influx.address
    assert influx_settings.token.get_secret_value() not in influx.address
