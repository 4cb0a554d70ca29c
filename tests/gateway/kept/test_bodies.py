"""Bodies of calls: kept where guards say so, masked and sealed, for a while, for few."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.errors import NotFound
from apps.gateway import services
from apps.gateway.guards.keeping import body_to_keep
from apps.gateway.guards.policy import Keeping
from apps.gateway.kept.services import keep, open_body
from apps.gateway.models import KeptBody, LlmCall, Provider
from apps.retention.classes import RULED
from apps.retention.services import place_hold, release_hold
from apps.vault.resealing import reseal
from apps.vault.services import rotate_data_key
from tests.factories.browsers import browser
from tests.factories.cast import api_client
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import complete, connect, lead
from tests.gateway.programs import Program, error_of, key_of, only_call

MAIL, CARD = "ada@example.com", "4111 1111 1111 1111"
SAID = f"Charge {CARD} and tell {MAIL}"
KEEP = {"hours": 2, "leave_out": ["asked.metadata", "asked.messages.*.name"]}


@pytest.fixture
def provider(alice: User, fake: FakeProvider) -> Provider:
    return connect(fake, alice)


def keeping(alice: User, provider: Provider, **more: Any) -> None:
    route = lead(alice, "echo", provider=provider)
    guards = {"contact": {"input": "replace"}, "keeping": {**KEEP, **more}}
    services.save_route(route, actor=alice, policy={"guards": guards})


def say(alice: User, **more: Any) -> Any:
    message = {"role": "user", "content": SAID, "name": "Zoe"}
    return Program(key_of(alice)).chat(messages=[message], metadata={"x": "Zoe"}, **more)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("streams", [False, True])
def test_what_was_said_is_kept_masked_and_sealed(
    streams: bool, alice: User, provider: Provider
) -> None:
    keeping(alice, provider)
    assert MAIL.encode() in say(alice, stream=streams).body
    call, kept = only_call(), KeptBody.objects.get()
    assert kept.pk == call.pk
    assert kept.expires_at - kept.created_at == timedelta(hours=2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM gateway_keptbody")
        assert cursor.fetchone()[0].startswith("v1.")
    body = open_body(call, actor=alice)
    assert body["asked"]["messages"] == [
        {"role": "user", "content": "Charge [CARD] and tell [EMAIL_1]"}
    ]
    assert "metadata" not in body["asked"]
    assert "Charge [CARD] and tell [EMAIL]" in json.dumps(body["answered"])
    for secret in (MAIL, CARD, "Zoe"):
        assert secret not in json.dumps(body)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_kept_by_default_nor_of_what_is_refused(alice: User, provider: Provider) -> None:
    lead(alice, "echo", provider=provider)
    assert say(alice).status == 200
    assert not KeptBody.objects.exists()
    rules = {"financial": {"output": "refuse"}, "keeping": {"hours": 1}}
    route = lead(alice, "echo", provider=provider)
    services.save_route(route, actor=alice, policy={"guards": rules})
    assert error_of(say(alice))["code"] == "guard_refused"
    assert not KeptBody.objects.exists()
    complete(messages=[{"role": "user", "content": "Hello"}])
    assert KeptBody.objects.count() == 1


def test_a_group_can_be_kept_as_it_is_and_large_answers_are_left_out() -> None:
    rules = Keeping.model_validate({"hours": 1, "unmasked": ["contact"], "leave_out": ["answered"]})
    asked = {"messages": [{"role": "user", "content": SAID}]}
    body = body_to_keep(asked, b"{}", rules, streams=False)
    assert body == {
        "asked": {"messages": [{"role": "user", "content": f"Charge [CARD] and tell {MAIL}"}]}
    }
    body = body_to_keep({"input": "x" * (1 << 20)}, None, Keeping(hours=1), streams=True)
    assert set(body["asked"]) == set(body["answered"]) == {"left_out"}


@pytest.fixture
def call(db: None, alice: User) -> LlmCall:
    made = LlmCall.objects.create(request_id="r", route="default", status="ok")
    keep(made.pk, "", {"asked": {"input": "<b>Hello</b>"}, "answered": {}}, 1)
    return made


def test_only_who_may_see_bodies_opens_them_and_the_trail_tells(
    call: LlmCall, alice: User, bob: User
) -> None:
    url = f"/relaycore/calls/{call.pk}/"
    assert f"{url}body/" in browser(alice).get(url).content.decode()
    page = browser(alice).get(f"{url}body/")
    assert "&lt;b&gt;Hello&lt;/b&gt;" in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    told = api_client(alice).get(f"/api/v1/gateway/calls/{call.pk}/body/").json()
    assert told["asked"] == {"input": "<b>Hello</b>"}
    entries = AuditEntry.objects.filter(action="call_body.viewed")
    assert [entry.target_id for entry in entries] == [str(call.pk)] * 2
    assert not [entry for entry in entries if entry.after]
    assert f"{url}body/" not in browser(bob).get(url).content.decode()
    assert browser(bob).get(f"{url}body/").status_code == 403
    assert api_client(bob).get(f"/api/v1/gateway/calls/{call.pk}/body/").status_code == 403


def test_one_whose_time_is_over_is_not_shown_and_goes(call: LlmCall, alice: User) -> None:
    bodies = RULED["bodies"]
    long_ago = timezone.now() - timedelta(days=30)
    assert bodies.over(long_ago) == []
    KeptBody.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(NotFound):
        open_body(call, actor=alice)
    assert bodies.over(long_ago) == [call.pk]
    hold = place_hold(actor=alice, workflow=None, reason="A case")
    assert bodies.over(long_ago) == []
    release_hold(hold, actor=alice)
    bodies.delete([call.pk])
    assert not KeptBody.objects.exists()


def test_it_opens_after_the_keys_were_rotated_and_in_no_other_row(
    call: LlmCall, alice: User
) -> None:
    before = KeptBody.objects.get().sealed
    key = rotate_data_key()
    assert sum(reseal(key.pk)) >= 1
    assert KeptBody.objects.get().sealed != before
    assert open_body(call, actor=alice)["asked"] == {"input": "<b>Hello</b>"}
    other = LlmCall.objects.create(request_id="r", route="default", status="ok")
    KeptBody.objects.create(
        call_id=other.pk, sealed=before, expires_at=timezone.now() + timedelta(hours=1)
    )
    with pytest.raises(NotFound, match="does not open"):
        open_body(other, actor=alice)


def test_a_body_that_cannot_be_kept_stops_no_call(call: LlmCall, alice: User) -> None:
    keep(call.pk, "", {"asked": "another"}, 1)
    assert open_body(call, actor=alice)["asked"] == {"input": "<b>Hello</b>"}
