"""The bucket: found, or created with its retention."""

from typing import Any, Final

from influxdb_client.rest import ApiException

from etl.errors import FatalError
from etl.load.influx_client import library
from etl.load.influx_errors import CLIENT_ERRORS, explained, reason
from etl.settings import InfluxSettings

_NOT_FOUND: Final = 404


async def ensure_bucket(client: Any, settings: InfluxSettings) -> int:
    """Create the bucket if it is missing; returns its retention in seconds (0: unlimited).

    `client` is an InfluxDBClientAsync. Raises RetriableError, or FatalError saying what to set.
    """
    bucket = await _bucket(client, settings)
    if bucket is None:
        bucket = await _create(client, settings, await _org_id(client, settings))
    return sum(rule.every_seconds for rule in bucket.retention_rules or ())


async def _bucket(client: Any, settings: InfluxSettings) -> Any:
    try:
        found = await library.BucketsService(client.api_client).get_buckets_async(
            org=settings.org, name=settings.bucket
        )
    except CLIENT_ERRORS as error:
        # A bucket that the token may not see is not found either; creating it shows which case it is.
        if isinstance(error, ApiException) and error.status == _NOT_FOUND:
            return None
        raise explained(error, settings.url) from error
    return found.buckets[0] if found.buckets else None


async def _org_id(client: Any, settings: InfluxSettings) -> str:
    try:
        found = await library.OrganizationsService(client.api_client).get_orgs_async(org=settings.org)
        org_id: str | None = found.orgs[0].id if found.orgs else None
    except CLIENT_ERRORS as error:
        if not (isinstance(error, ApiException) and error.status == _NOT_FOUND):
            raise explained(error, settings.url) from error
        org_id = None
    if org_id is None:
        raise FatalError(
            f"InfluxDB at {settings.url} shows this token neither bucket {settings.bucket!r} nor organisation "
            f"{settings.org!r} to create it in: check `influxdb.org` and `influxdb.token`"
        )
    return org_id


async def _create(client: Any, settings: InfluxSettings, org_id: str) -> Any:
    seconds = int(settings.retention.total_seconds())
    request = library.PostBucketRequest(
        org_id=org_id,
        name=settings.bucket,
        retention_rules=[library.BucketRetentionRules(type="expire", every_seconds=seconds)],
    )
    try:
        return await library.BucketsService(client.api_client).post_buckets_async(request)
    except CLIENT_ERRORS as error:
        explanation = explained(error, settings.url)
        if isinstance(error, ApiException) and isinstance(explanation, FatalError):
            # Another process may have created it at the same time.
            if (bucket := await _bucket(client, settings)) is not None:
                return bucket
            raise FatalError(
                f"InfluxDB at {settings.url} shows this token no bucket {settings.bucket!r} in organisation "
                f"{settings.org!r} and does not let it create one ({error.status}: {reason(error)}): create "
                "the bucket, or give the token in `influxdb.token` read and write access to it"
            ) from error
        raise explanation from error
