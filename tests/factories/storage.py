"""Storages of tests: a folder of the test's own, or a bucket of a server that speaks S3."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from apps.files.models import Blob
from apps.files.services import GRACE
from apps.files.storage import Folder, Storage, storage
from apps.tenants.context import current_schema, maintenance


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Iterator[Folder]:
    """Let the installation keep its bytes in a folder of this test's."""
    settings.MEDIA_ROOT, settings.S3_BUCKET = tmp_path / "files", ""
    yield from _chosen()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Return the address of a server on loopback that speaks S3."""
    from moto.server import ThreadedMotoServer

    server: Any = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str, settings: Settings) -> Iterator[Storage]:
    """Let the installation keep its bytes in a bucket."""
    import boto3

    settings.S3_BUCKET, settings.S3_ENDPOINT, settings.S3_REGION = (
        "payloads",
        s3_server,
        "us-east-1",
    )
    settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY = "access", "secret"
    owner: Any = boto3.client(
        "s3", endpoint_url=s3_server, region_name="us-east-1",
        aws_access_key_id="access", aws_secret_access_key="secret",
    )  # fmt: skip
    owner.create_bucket(Bucket="payloads")
    yield from _chosen()


def grown_old(blob: Blob) -> None:
    """Let the grace of a blob be over."""
    with maintenance(current_schema()):
        Blob.objects.filter(pk=blob.pk).update(created_at=timezone.now() - GRACE - timedelta(1))


@contextmanager
def away(folder: Folder) -> Iterator[None]:
    """Let a file stand where the folder was, as on a disk that is not mounted, and bring it back.

    Back it is in one step: what looks meanwhile never finds nothing, and makes no folder anew.
    """
    mounted, unmounted = folder.root, folder.root.with_name("unmounted")
    unmounted.write_text("no folder")
    folder.root = unmounted
    try:
        yield
    finally:
        folder.root = mounted


def _chosen() -> Iterator[Any]:
    storage.cache_clear()
    yield storage()
    storage.cache_clear()
