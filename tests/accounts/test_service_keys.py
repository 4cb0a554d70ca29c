"""Keys of programs: they act as service accounts, and are made by who manages keys."""

import pytest

from apps.accounts.models import ApiKey, User
from apps.accounts.services import create_service_key, remove_member
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from tests.factories.browsers import browser
from tests.factories.cast import api_client, key_client, member

pytestmark = pytest.mark.django_db
FORM = {"name": "Nightly export", "role": "viewer", "life": "90", "for_program": "on"}


def test_a_program_s_key_outlives_who_made_it(alice: User) -> None:
    adam = member("Adam", "admin")
    page = browser(adam).post("/api-keys/new/", FORM)
    assert page.status_code == 201, page.content.decode()[:300]
    key = ApiKey.objects.select_related("user").get()
    assert (key.user.kind, key.user.name) == ("service", "Nightly export")
    client = key_client(page.context["new_key_text"])
    remove_member(adam, actor=alice)
    assert client.get("/api/v1/me/").status_code == 200
    entry = AuditEntry.objects.get(action="api_key.created")
    assert entry.actor_id == str(adam.pk)


def test_one_is_made_over_the_api(alice: User) -> None:
    body = {"name": "Bot", "role": "operator", "for_program": True}
    made = api_client(alice).post("/api/v1/api-keys/", body)
    assert made.status_code == 201, made.data
    assert ApiKey.objects.get().user.kind == "service"
    assert "for_program" not in made.data


def test_others_make_keys_of_their_own_only(bob: User) -> None:
    assert browser(bob).post("/api-keys/new/", FORM).status_code == 422
    body = {"name": "Bot", "role": "viewer", "for_program": True}
    assert api_client(bob).post("/api/v1/api-keys/", body).status_code == 403
    with pytest.raises(Forbidden):
        create_service_key(name="Bot", role="viewer", actor=bob)
    assert "service account" not in browser(bob).get("/api-keys/").content.decode()
    assert not ApiKey.objects.exists()


def test_a_program_gets_no_more_than_who_made_it(alice: User) -> None:
    adam = member("Adam", "admin")
    with pytest.raises(Forbidden):
        create_service_key(name="Bot", role="owner", actor=adam)
