"""Streams to syslog and to buckets: what arrives there is whole."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import User
from apps.audit import chain
from apps.audit.services import record
from apps.oversight import streams
from apps.oversight.sending.syslog import framed
from tests.oversight.receivers import SECRET, Collector, delivered, happen, last_number

pytestmark = pytest.mark.django_db(transaction=True)


class TestSyslog:
    @pytest.fixture
    def collector(self, settings: Settings) -> Iterator[Collector]:
        made = Collector()
        settings.EGRESS_ALLOW = [f"tcp://127.0.0.1:{made.port}"]
        yield made
        made.socket.shutdown(socket.SHUT_RDWR)
        made.thread.join(10)
        made.socket.close()

    def test_messages_are_counted_and_whole(self, alice: User, collector: Collector) -> None:
        chain.link()
        config = {"host": "127.0.0.1", "port": collector.port, "tls": False}
        stream = streams.create_stream(actor=alice, kind="syslog", name="x", config=config)
        record("thing.made", actor=alice, after={"word": "Grüße\nzwei"})
        chain.link()
        delivered(stream)
        test, *_, made = collector.messages()
        assert "audit.stream_tested" in test
        head, _, body = made.partition("\N{ZERO WIDTH NO-BREAK SPACE}")
        assert head.startswith("<109>1 20")
        assert head.endswith(" auterity - thing.made - ")
        assert json.loads(body)["after"] == {"word": "Grüße\nzwei"}

    def test_a_denial_is_a_warning(self) -> None:
        entry = {"result": "denied", "at": "2026-01-01T00:00:00+00:00", "action": "x.y"}
        assert framed(entry).split(b" ", 1)[1].startswith(b"<108>1 ")

    def test_one_that_speaks_no_tls_is_told(
        self, alice: User, collector: Collector, settings: Settings
    ) -> None:
        settings.EGRESS_ALLOW = [f"tls://127.0.0.1:{collector.port}"]
        collector.greeting = b"220 plain text\n"
        made = streams.create_stream(
            actor=alice, kind="syslog", name="x", untested=True,
            config={"host": "127.0.0.1", "port": collector.port},
        )  # fmt: skip
        assert "and TLS" in streams.try_out(made)


class TestBucket:
    def test_each_batch_is_an_object(self, alice: User, s3_server: str, settings: Settings) -> None:
        import boto3

        store: Any = boto3.client(
            "s3", endpoint_url=s3_server, region_name="us-east-1",
            aws_access_key_id="access", aws_secret_access_key=SECRET,
        )  # fmt: skip
        store.create_bucket(Bucket="trail")
        settings.EGRESS_ALLOW = [s3_server]
        chain.link()
        config = {
            "endpoint": s3_server,
            "bucket": "trail",
            "folder": "audit/",
            "access_key": "access",
        }
        stream = streams.create_stream(
            actor=alice, kind="s3", name="x", config=config, secret=SECRET
        )
        happen(2)
        delivered(stream)
        names = [each["Key"] for each in store.list_objects_v2(Bucket="trail")["Contents"]]
        [name] = [name for name in names if not name.endswith("/000000000000-000000000000.jsonl")]
        assert name.startswith(f"audit/{timezone.now():%Y/%m/%d}/")
        body = store.get_object(Bucket="trail", Key=name)["Body"].read().decode()
        told = [json.loads(line) for line in body.splitlines()]
        assert [entry["number"] for entry in told][-1] == last_number()
