"""A bucket of an S3-compatible store. The operator names it; no word of a tenant gets here but bytes.

Credentials are given, so botocore asks neither files of the machine nor its metadata address for
any, and whatever a store answers, a redirect included, no request goes anywhere else.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from apps.egress.breakers import Fault, Health, Verdict, breaker
from apps.egress.exceptions import BreakerOpen
from apps.files.exceptions import RETRY_S, BlobAltered, BlobMissing, StorageAway

CONNECT_S, READ_S, WHOLE_S, TRIES = 3, 10, 60, 2
PART = 256 << 10
STORE = "The file storage"  # its name is the operator's own business
BUSY = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
GONE = frozenset({"NoSuchKey", "404"})


class Bucket:
    """Keeps bytes in the bucket that the settings name."""

    def __init__(self) -> None:
        self._bucket = settings.S3_BUCKET
        self._client = _client()

    def put(self, name: str, data: bytes) -> None:
        """Store the object; stores acknowledge what is durable."""
        with _guarded():
            self._ask("put_object", Key=name, Body=data)

    def get(self, name: str, most: int) -> bytes:
        """Return the object, if it arrives in time; a store that only drips is away."""
        with _guarded():
            return _read(self._ask("get_object", Key=name)["Body"], most)

    def delete(self, name: str) -> None:
        """Remove the object; S3 does not mind one that is gone."""
        with _guarded():
            self._ask("delete_object", Key=name)

    def clear(self, prefix: str) -> None:
        """Remove the objects, page by page."""
        with _guarded():
            while found := self._ask("list_objects_v2", Prefix=prefix).get("Contents"):
                for each in found:
                    self._ask("delete_object", Key=each["Key"])

    def holds(self, prefix: str) -> bool:
        """Ask for one object."""
        with _guarded():
            return bool(self._ask("list_objects_v2", Prefix=prefix, MaxKeys=1).get("Contents"))

    def _ask(self, operation: str, **what: Any) -> Any:
        try:
            return getattr(self._client, operation)(Bucket=self._bucket, **what)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in GONE:
                raise BlobMissing from error
            raise StorageAway from error
        except (BotoCoreError, ElsewhereRefused) as error:
            raise StorageAway from error


def judge(error: Exception) -> Verdict:
    """Return whose fault it was: a store that answers, if only to refuse us, is well."""
    if isinstance(error, BlobMissing | BlobAltered):
        return Health.WELL
    if not isinstance(error, StorageAway):
        return Health.UNKNOWN
    cause = error.__cause__ or error
    if not isinstance(cause, ClientError):
        return Fault(f"It could not be reached: {type(cause).__name__}")
    status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    failed = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in BUSY
    return Fault(f"It answered {status}") if failed else Health.WELL


@contextmanager
def _guarded() -> Iterator[None]:
    """Leave the store alone while it keeps failing: it is away then, too."""
    try:
        with breaker("storage", STORE, judge=judge):
            yield
    except BreakerOpen as error:
        raise StorageAway(error.retry_after or RETRY_S) from error


def _read(body: Any, most: int) -> bytes:
    """Return what is sent, if all of it arrives in time."""
    end, found = time.monotonic() + WHOLE_S, bytearray()
    try:
        for part in body.iter_chunks(PART):
            found += part
            if len(found) > most:
                raise BlobAltered
            if time.monotonic() > end:
                raise StorageAway
    except BotoCoreError as error:  # it stopped in the middle
        raise StorageAway from error
    finally:
        body.close()
    return bytes(found)


class ElsewhereRefused(Exception):
    """The store sent us to another address, where we do not go."""


def _client() -> Any:
    session = boto3.session.Session(
        aws_access_key_id=settings.S3_ACCESS_KEY,
        aws_secret_access_key=settings.S3_SECRET_KEY,
        region_name=settings.S3_REGION,
    )
    client = session.client(
        "s3",
        endpoint_url=settings.S3_ENDPOINT,
        config=Config(
            connect_timeout=CONNECT_S,
            read_timeout=READ_S,
            retries={"total_max_attempts": TRIES, "mode": "standard"},
            max_pool_connections=32,
            proxies={},
            s3={"addressing_style": "path"},
            # Compatible stores do not know the newer checksums; our own hash is checked anyway.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    origin = urlsplit(settings.S3_ENDPOINT)[:2]

    def stay(request: Any, **kwargs: Any) -> None:
        if urlsplit(request.url)[:2] != origin:
            raise ElsewhereRefused(request.url)

    client.meta.events.register_first("before-send.s3", stay)
    return client
