"""Streams: each entry arrives at least once and in order, whatever the receiver does in between."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit import chain, trimming
from apps.audit.models import AuditEntry, Link
from apps.common.errors import Forbidden, NotFound
from apps.dispatch import chores
from apps.dispatch.models import Chore
from apps.oversight import delivering, streams
from apps.oversight.exceptions import BadStream, StreamNameTaken
from apps.oversight.models import Stream
from apps.oversight.sending.webhook import signature
from tests.factories.cast import api_client
from tests.oversight.receivers import SECRET, Receiver, delivered, happen, last_number

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/audit/streams/"


class TestDelivering:
    def test_entries_arrive_in_order_and_signed(self, stream: Stream, receiver: Receiver) -> None:
        begin = stream.cursor
        happen(5)
        delivered(stream)
        assert receiver.numbers == list(range(begin + 1, last_number() + 1))
        headers, body = receiver.got[0]
        at = int(headers["Auterity-Signature"].split(",")[0].removeprefix("t="))
        assert headers["Auterity-Signature"] == signature(SECRET, body, at=at)
        assert (stream.cursor, stream.sent) == (last_number(), len(receiver.numbers))
        assert streams.lag_of(stream) == streams.Lag(0, None)

    def test_while_it_is_down_nothing_is_lost(self, stream: Stream, receiver: Receiver) -> None:
        begin = stream.cursor
        happen(3)
        receiver.status = 503
        assert delivered(stream).error == "It answered 503."
        happen(3)
        assert (delivered(stream).failures, stream.state) == (2, "retrying")
        assert streams.lag_of(stream).entries == last_number() - begin
        receiver.status = 200
        receiver.got.clear()
        assert delivered(stream).error == ""
        assert receiver.numbers == list(range(begin + 1, last_number() + 1))

    def test_each_pause_is_longer_and_the_receiver_has_a_say(
        self, stream: Stream, receiver: Receiver
    ) -> None:
        happen(1)
        receiver.status = 500
        pauses = []
        for wish in ("", "", "300"):
            receiver.headers = {"Retry-After": wish} if wish else {}
            delivered(stream)
            due = Chore.objects.get(kind=delivering.CHORE, subject=stream.pk).due_at
            pauses.append((due - chores.now()).total_seconds())
        assert pauses[0] <= 10 < pauses[1] <= 20
        assert 290 < pauses[2] <= 300

    def test_a_worker_that_dies_after_sending_sends_the_same_again(
        self, stream: Stream, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        happen(2)

        def die(*_: object) -> None:
            raise SystemExit

        with monkeypatch.context() as deadly, pytest.raises(SystemExit):
            deadly.setattr(delivering, "_arrived", die)
            delivering.deliver(stream.pk)
        delivered(stream)
        (first, body), (again, same) = receiver.got
        assert first["Auterity-Delivery"] == again["Auterity-Delivery"]
        assert body == same

    def test_one_who_is_late_does_not_set_the_cursor_back(self, stream: Stream) -> None:
        happen(2)
        late = Stream.objects.get(pk=stream.pk)
        batch = delivering.next_batch(late)
        assert batch is not None
        end = delivered(stream).cursor
        delivering._arrived(late, batch)
        stream.refresh_from_db()
        assert (stream.cursor, stream.sent) == (end, len(batch.entries))

    def test_many_go_in_batches(
        self, stream: Stream, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(delivering, "AT_ONCE", 2)
        monkeypatch.setattr(delivering, "MOST_BYTES", 1)
        happen(5)
        delivered(stream)
        assert [len(json.loads(body)["entries"]) for _, body in receiver.got] == [1] * len(
            receiver.numbers
        )
        assert receiver.numbers[-1] == last_number()

    def test_what_a_rule_deleted_first_is_counted(self, stream: Stream, receiver: Receiver) -> None:
        happen(4)
        begin = stream.cursor
        trimming.trim(
            list(Link.objects.filter(number__lte=begin + 2).values_list("entry", flat=True))
        )
        assert delivered(stream).missed == 2
        assert receiver.numbers == list(range(begin + 3, last_number() + 1))

    def test_it_is_kept_looked_after(self, stream: Stream) -> None:
        assert Chore.objects.filter(kind=delivering.CHORE, subject=stream.pk).exists()
        delivered(stream)
        due = Chore.objects.get(kind=delivering.CHORE, subject=stream.pk).due_at
        assert due <= chores.now() + delivering.IDLE

    def test_paused_it_sends_nothing_and_then_everything(
        self, stream: Stream, receiver: Receiver, alice: User
    ) -> None:
        streams.pause_stream(stream, actor=alice)
        happen(2)
        delivered(stream)
        assert receiver.got == []
        assert not Chore.objects.filter(kind=delivering.CHORE).exists()
        streams.resume_stream(stream, actor=alice)
        chain.link()
        assert delivered(stream).cursor == last_number()
        assert len(receiver.numbers) == stream.sent


class TestSaving:
    def test_a_test_entry_goes_first(self, alice: User, receiver: Receiver) -> None:
        receiver.status = 403
        config = {"url": receiver.origin}
        with pytest.raises(BadStream):
            streams.create_stream(
                actor=alice, kind="webhook", name="SIEM", config=config, secret=SECRET
            )
        assert not Stream.objects.exists()
        assert json.loads(receiver.got[0][1])["entries"][0]["action"] == "audit.stream_tested"
        made = streams.create_stream(
            actor=alice, kind="webhook", name="SIEM", config=config, secret=SECRET, untested=True
        )
        assert SECRET not in made.sealed
        told = AuditEntry.objects.get(action="stream.created")
        assert SECRET not in str(told.after)
        assert streams.test_stream(made, actor=alice) == "It answered 403."
        assert AuditEntry.objects.get(action="stream.tested").result == "failed"

    def test_the_whole_trail_may_go(self, alice: User, receiver: Receiver) -> None:
        happen(2)
        made = streams.create_stream(
            actor=alice, kind="webhook", name="All", config={"url": receiver.origin}, secret=SECRET,
            from_beginning=True,
        )  # fmt: skip
        delivered(made)
        assert receiver.numbers == list(range(1, last_number() + 1))

    @pytest.mark.parametrize(
        ("kind", "config", "secret", "field"),
        [
            ("webhook", {"url": "ftp://x"}, SECRET, "url"),
            ("webhook", {"url": "http://169.254.169.254/"}, SECRET, "url"),
            ("webhook", {}, SECRET, "url"),
            ("webhook", {"url": "https://logs.invalid/", "more": 1}, SECRET, "more"),
            ("webhook", {"url": "https://logs.invalid/"}, "short", "secret"),
            ("syslog", {"host": "log server"}, "", "host"),
            ("syslog", {"host": "logs.invalid", "port": 0}, "", "port"),
            ("syslog", {"host": "logs.invalid"}, SECRET, "secret"),
            ("s3", {"endpoint": "https://s3.invalid", "bucket": "A", "access_key": "key"}, SECRET, "bucket"),
        ],
    )  # fmt: skip
    def test_what_does_not_fit_is_named(
        self, alice: User, kind: str, config: dict[str, Any], secret: str, field: str
    ) -> None:
        with pytest.raises(BadStream) as refused:
            streams.create_stream(
                actor=alice, kind=kind, name="x", config=config, secret=secret, untested=True
            )
        assert [error["field"] for error in refused.value.errors] == [field]

    def test_inside_addresses_are_out_of_reach(self, alice: User) -> None:
        made = streams.create_stream(
            actor=alice, kind="syslog", name="x", config={"host": "127.0.0.1"}, untested=True
        )
        assert "not a public address" in streams.try_out(made)

    def test_a_name_is_taken_once(self, stream: Stream, alice: User, receiver: Receiver) -> None:
        with pytest.raises(StreamNameTaken):
            streams.create_stream(
                actor=alice, kind="webhook", name="SIEM", config={"url": receiver.origin}, secret=SECRET
            )  # fmt: skip

    def test_deleted_it_is_forgotten(self, stream: Stream, alice: User) -> None:
        streams.delete_stream(stream, actor=alice)
        assert not Chore.objects.filter(kind=delivering.CHORE).exists()
        assert AuditEntry.objects.filter(action="stream.deleted").exists()

    def test_builders_may_not(self, bob: User, stream: Stream) -> None:
        with pytest.raises(Forbidden):
            streams.create_stream(actor=bob, kind="syslog", name="x", config={"host": "a.invalid"})
        for change in (streams.resume_stream, streams.test_stream, streams.delete_stream):
            with pytest.raises((Forbidden, NotFound)):
                change(stream, actor=bob)


class TestOverHttp:
    def test_it_is_made_followed_and_ended(self, alice: User, receiver: Receiver) -> None:
        client = api_client(alice)
        body = {
            "name": "SIEM", "kind": "webhook", "config": {"url": receiver.origin}, "secret": SECRET,
        }  # fmt: skip
        made = client.post(URL, body)
        assert made.status_code == 201
        assert SECRET not in made.content.decode()
        one = f"{URL}{made.json()['id']}/"
        assert client.post(f"{one}pause/").json()["state"] == "paused"
        assert client.post(f"{one}resume/").json()["state"] == "active"
        assert client.post(f"{one}test/").json() == {"arrived": True, "problem": ""}
        assert client.get(one).json()["lag"]["entries"] >= 0
        assert client.post(URL, body).json()["code"] == "stream_name_taken"
        assert client.delete(one).status_code == 204
        assert client.get(URL).json()["results"] == []

    def test_the_page_shows_and_steers(
        self, stream: Stream, alice: User, receiver: Receiver
    ) -> None:
        client = api_client(alice)
        happen(1)
        receiver.status = 500
        delivered(stream)
        page = client.get("/audit/streams/").content.decode()
        assert "It answered 500." in page
        assert "Retrying" in page
        for action in ("pause", "resume", "test"):
            assert client.post(f"/audit/streams/{stream.pk}/{action}/").status_code == 302, action
        assert client.post(f"/audit/streams/{stream.pk}/explode/").status_code == 404
        assert "Clear filters" in client.get("/audit/streams/?q=zzz").content.decode()
        client.post(f"/audit/streams/{stream.pk}/delete/")
        assert "will be listed here" in client.get("/audit/streams/").content.decode()

    def test_the_form_says_what_is_wrong(self, alice: User, receiver: Receiver) -> None:
        client = api_client(alice)
        assert client.get("/audit/streams/new/carrier-pigeon/").status_code == 404
        for kind in ("webhook", "syslog", "s3"):
            assert client.get(f"/audit/streams/new/{kind}/").status_code == 200
        fields = {"name": "SIEM", "url": receiver.origin, "secret": "short"}
        refused = client.post("/audit/streams/new/webhook/", fields, format="multipart")
        assert refused.status_code == 422
        assert "at least 16" in refused.content.decode()
        receiver.status = 401
        fields["secret"] = SECRET
        refused = client.post("/audit/streams/new/webhook/", fields, format="multipart")
        assert "It answered 401." in refused.content.decode()
        receiver.status = 200
        kept = client.post("/audit/streams/new/webhook/", fields, format="multipart")
        assert kept.headers["Location"] == "/audit/streams/"

    def test_others_are_refused(self, stream: Stream, bob: User) -> None:
        builder = api_client(bob)
        assert builder.get(URL).status_code == 403
        assert builder.post(f"{URL}{stream.pk}/pause/").status_code == 403
        assert builder.get("/audit/streams/").status_code == 403
        assert builder.get("/audit/streams/new/s3/").status_code == 403
        assert APIClient(HTTP_HOST="alpha.localhost").get(URL).status_code == 401
