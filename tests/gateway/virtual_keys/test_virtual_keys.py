"""Virtual keys: their terms, who may set them, and what /v1 makes of them at once."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.exceptions import KeyOver
from apps.accounts.models import ApiKey, User
from apps.accounts.services import (
    change_api_key,
    end_rotation,
    remove_member,
    revoke_api_key,
    rotate_api_key,
)
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden, Invalid
from apps.gateway import services as gateway
from apps.gateway.models import ModelRoute, VirtualKey
from apps.gateway.virtual_keys.services import change_key, create_key
from tests.factories.cast import api_client
from tests.gateway.programs import Program, error_of, only_call

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/gateway/keys/"
HOUR = timedelta(hours=1)


@pytest.fixture
def client(alice: User) -> APIClient:
    return api_client(alice)


def actions() -> list[str]:
    found = AuditEntry.objects.filter(target_type__in=("apikey", "virtualkey"))
    return list(found.order_by("at", "id").values_list("action", flat=True))


def test_a_key_asks_what_its_terms_say(alice: User) -> None:
    _, text = create_key(actor=alice, name="Bot", routes=["fast"])
    program = Program(text)
    assert program.chat("fast").status == 200
    assert only_call().user_id == alice.pk
    for model in ("default", "built-in/rules"):
        reply = program.chat(model)
        assert (reply.status, error_of(reply)["code"]) == (404, "model_not_found")
    assert [each["id"] for each in program.get("models").json()["data"]] == ["fast"]
    assert actions() == ["api_key.created", "virtual_key.created"]


def test_models_are_named_past_all_routes_by_pattern(alice: User) -> None:
    _, text = create_key(actor=alice, name="Bot", routes=[], direct=["built-in/*"])
    program = Program(text)
    assert program.chat("built-in/any").status == 200
    assert program.chat("fast").status == 404


def test_limits_are_kept_and_changed(alice: User) -> None:
    key, text = create_key(actor=alice, name="Bot", rpm=1)
    program = Program(text)
    assert program.chat("fast").headers["x-ratelimit-limit-requests"] == "1"
    assert program.chat("fast").status == 429
    change_key(key, actor=alice, changes={"rpm": 100})
    assert program.chat("fast").headers["x-ratelimit-limit-requests"] == "100"
    change_key(key, actor=alice, changes={"rpm": None, "routes": ["large"]})
    reply = program.chat("large")
    assert (reply.status, reply.headers.get("x-ratelimit-limit-requests")) == (200, None)
    assert program.chat("fast").status == 404
    change_key(key, actor=alice, changes={"routes": None})
    gateway.save_route(None, actor=alice, alias="later", targets=[{"provider": "built-in"}])
    assert program.chat("later").status == 200
    entry = AuditEntry.objects.filter(action="virtual_key.changed").latest("at")
    told = [(each or {})["routes"] for each in (entry.before, entry.after)]
    assert told == [["large"], None]


def test_what_changes_nothing_leaves_no_entry(alice: User) -> None:
    key, _ = create_key(actor=alice, name="Bot", routes=["fast"], rpm=5)
    before = actions()
    change_key(key, actor=alice, changes={"name": "Bot", "routes": ["fast"], "rpm": 5})
    assert actions() == before


def test_a_rotated_key_opens_with_both_secrets_for_a_while(alice: User) -> None:
    key, old = create_key(actor=alice, name="Bot")
    assert Program(old).get("models").status == 200
    new = rotate_api_key(key, actor=alice, overlap=HOUR)
    assert new[:12] == old[:12]
    assert key.is_rotating
    assert [Program(text).get("models").status for text in (old, new)] == [200, 200]
    with time_machine.travel(timezone.now() + HOUR + timedelta(seconds=1)):
        assert [Program(text).get("models").status for text in (old, new)] == [401, 200]
        assert not key.is_rotating
    assert "api_key.rotated" in actions()


def test_an_overlap_can_be_none_and_can_be_ended(alice: User) -> None:
    key, first = create_key(actor=alice, name="Bot")
    second = rotate_api_key(key, actor=alice, overlap=timedelta(0))
    assert [Program(text).get("models").status for text in (first, second)] == [401, 200]
    third = rotate_api_key(key, actor=alice, overlap=HOUR)
    assert [Program(text).get("models").status for text in (first, second, third)] == [
        401,
        200,
        200,
    ]
    end_rotation(key, actor=alice)
    end_rotation(key, actor=alice)
    assert [Program(text).get("models").status for text in (second, third)] == [401, 200]
    assert actions().count("api_key.rotation_ended") == 1


def test_the_old_secret_outlives_no_revocation_and_no_end(alice: User) -> None:
    end = timezone.now() + HOUR
    key, old = create_key(actor=alice, name="Bot", expires_at=end)
    new = rotate_api_key(key, actor=alice, overlap=10 * HOUR)
    with time_machine.travel(end + timedelta(seconds=1)):
        assert [Program(text).get("models").status for text in (old, new)] == [401, 401]
    revoke_api_key(key, actor=alice)
    assert [Program(text).get("models").status for text in (old, new)] == [401, 401]
    with pytest.raises(KeyOver):
        rotate_api_key(key, actor=alice, overlap=HOUR)
    with pytest.raises(KeyOver):
        change_key(key, actor=alice, changes={"rpm": 5})


def test_both_secrets_open_the_api_of_the_product_too(alice: User) -> None:
    key, old = create_key(actor=alice, name="Bot")
    new = rotate_api_key(key, actor=alice, overlap=HOUR)
    for text in (old, new):
        client = APIClient(HTTP_HOST="alpha.localhost", HTTP_AUTHORIZATION=f"Bearer {text}")
        assert client.get("/api/v1/me/").status_code == 200
    end_rotation(key, actor=alice)
    client = APIClient(HTTP_HOST="alpha.localhost", HTTP_AUTHORIZATION=f"Bearer {old}")
    assert client.get("/api/v1/me/").status_code == 401


def test_a_programs_key_outlives_its_maker(alice: User, bob: User) -> None:
    made_by_bob, own = create_key(actor=bob, name="Mine")
    with pytest.raises(Forbidden):
        create_key(actor=bob, name="Bot", for_program=True)
    key, text = create_key(actor=alice, name="Bot", for_program=True)
    ApiKey.objects.filter(pk=key.pk).update(created_by=bob)
    remove_member(bob, actor=alice)
    assert Program(text).get("models").status == 200
    assert Program(own).get("models").status == 401
    made_by_bob.refresh_from_db()
    assert made_by_bob.state == "revoked"


def test_who_may_not(alice: User, bob: User, oscar: User, vera: User) -> None:
    key, _ = create_key(actor=bob, name="Bob's")
    with pytest.raises(Forbidden):
        create_key(actor=vera, name="Bot")
    with pytest.raises(Forbidden):
        create_key(actor=bob, name="Bot", direct=["*/*"])
    for refused in (
        lambda: change_key(key, actor=oscar, changes={"rpm": 9}),
        lambda: change_api_key(key, actor=oscar, name="Mine", expires_at=None),
        lambda: rotate_api_key(key, actor=oscar, overlap=HOUR),
        lambda: end_rotation(key, actor=oscar),
        # Alice may revoke it, but with its text she would act in Bob's name.
        lambda: rotate_api_key(key, actor=alice, overlap=HOUR),
    ):
        with pytest.raises(Forbidden):
            refused()
    assert VirtualKey.objects.count() == 1


def test_direct_models_that_a_manager_set_can_be_kept_and_taken_away_only_by_one(
    alice: User, bob: User
) -> None:
    key, _ = create_key(actor=bob, name="Bob's")
    change_key(key, actor=alice, changes={"direct": ["openai/*"]})
    change_key(key, actor=bob, changes={"rpm": 5, "direct": ["openai/*"]})
    with pytest.raises(Forbidden):
        change_key(key, actor=bob, changes={"direct": ["*/*"]})
    assert VirtualKey.objects.get().direct == ["openai/*"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"routes": ["nowhere"]}, "routes"),
    ({"routes": []}, "routes"),
    ({"direct": ["gpt"]}, "direct"),
    ({"direct": ["a/b c"]}, "direct"),
    ({"rpm": 0}, "rpm"),
    ({"tpm": 10**12}, "tpm"),
]


@pytest.mark.parametrize(("terms", "field"), WRONG)
def test_terms_that_make_no_sense(
    alice: User, client: APIClient, terms: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        create_key(actor=alice, name="Bot", **terms)
    assert [each["field"] for each in caught.value.errors] == [field]
    answer = client.post(URL, {"name": "Bot", **terms})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(field)
    assert not ApiKey.objects.exists()


def test_a_route_that_is_gone_may_stay_in_the_terms(alice: User) -> None:
    gateway.save_route(None, actor=alice, alias="brief", targets=[{"provider": "built-in"}])
    key, text = create_key(actor=alice, name="Bot", routes=["brief", "fast"])
    gateway.delete_route(ModelRoute.objects.get(alias="brief"), actor=alice)
    change_key(key, actor=alice, changes={"routes": ["brief", "fast"], "rpm": 7})
    assert Program(text).chat("brief").status == 404
    assert Program(text).chat("fast").status == 200


def test_keys_over_the_api(alice: User, client: APIClient) -> None:
    made = client.post(URL, {"name": "Bot", "routes": ["fast"], "rpm": 60}).json()
    assert made["key"].startswith(f"{made['prefix']}_")
    assert (made["routes"], made["rpm"], made["tpm"], made["for_program"]) == (
        ["fast"], 60, None, False,
    )  # fmt: skip
    one = f"{URL}{made['id']}/"
    assert Program(made["key"]).chat("fast").status == 200
    only_call()
    shown = client.get(one).json()
    assert "key" not in shown
    assert (shown["spending"]["month"]["calls"], shown["spending"]["minute"]["calls"]) == (1, 1)
    assert client.patch(one, {"rpm": None, "name": "Renamed"}).json()["name"] == "Renamed"
    past = client.patch(one, {"expires_at": "2020-01-01T00:00:00Z"})
    assert (past.status_code, past.json()["errors"][0]["field"]) == (422, "expires_at")
    turned = client.post(f"{one}rotate/", {}).json()
    assert turned["former_until"]
    assert Program(turned["key"]).get("models").status == 200
    assert client.post(f"{one}end-rotation/").json()["former_until"] is None
    assert Program(made["key"]).get("models").status == 401
    assert client.post(f"{one}rotate/", {"overlap_s": -1}).status_code == 422
    assert client.delete(one).status_code == 204
    assert client.post(f"{one}rotate/", {}).json()["code"] == "key_over"
    assert client.get(one).json()["state"] == "revoked"


def test_a_repeated_post_shows_no_secret_again(client: APIClient) -> None:
    once = {"Idempotency-Key": "same"}
    assert client.post(URL, {"name": "Bot"}, headers=once).status_code == 201
    again = client.post(URL, {"name": "Bot"}, headers=once)
    assert (again.status_code, again.json()["code"]) == (409, "secret_shown_once")


def test_lists_are_searched_filtered_and_ones_own(alice: User, bob: User, vera: User) -> None:
    mine, _ = create_key(actor=bob, name="Of Bob", routes=["fast"])
    other, _ = create_key(actor=alice, name="Of Alice")
    revoke_api_key(other, actor=alice)

    def listed(user: User, **params: str) -> list[str]:
        answer = api_client(user).get(URL, params)
        assert answer.status_code == 200, answer.json()
        return [each["name"] for each in answer.json()["results"]]

    assert listed(alice) == ["Of Alice", "Of Bob"]
    assert listed(bob) == ["Of Bob"]
    assert listed(alice, q="bob") == ["Of Bob"]
    assert listed(alice, q=f"aut_{mine.key_id}_") == ["Of Bob"]
    assert listed(alice, state="revoked") == ["Of Alice"]
    assert listed(alice, state="active") == ["Of Bob"]
    assert listed(alice, route="large") == ["Of Alice"]
    assert api_client(alice).get(URL, {"state": "nonsense"}).status_code == 422
    assert api_client(bob).get(f"{URL}{other.pk}/").status_code == 404
    assert api_client(bob).delete(f"{URL}{other.pk}/").status_code == 404
    for method in ("get", "post"):
        assert getattr(api_client(vera), method)(URL).status_code == 403


def test_a_key_is_accepted_from_its_networks_alone(alice: User, client: APIClient) -> None:
    key, text = create_key(actor=alice, name="Bot", networks=["203.0.113.0/24"])
    reply = Program(text).chat("fast")
    assert (reply.status, error_of(reply)["code"]) == (403, "address_refused")
    assert AuditEntry.objects.get(action="api_key.refused").result == "denied"
    changed = client.patch(f"{URL}{key.pk}/", {"networks": ["192.0.2.7"]}, format="json")
    assert changed.json()["networks"] == ["192.0.2.7/32"]
    assert Program(text).chat("fast").status == 200
