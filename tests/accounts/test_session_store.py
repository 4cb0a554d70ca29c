"""Sessions as the database keeps them: who reads or writes there signs in nowhere."""

from importlib import import_module

import pytest
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client, override_settings

from apps.accounts.api.authentication import user_of_session
from apps.accounts.models import SignIn, User
from apps.accounts.session_store import SessionStore, name_of
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from tests.factories.browsers import browser
from tests.factories.factors import PASSWORD

PAGE = "/profile/"


@pytest.fixture
def client(vera: User) -> Client:
    vera.set_password(PASSWORD)
    vera.save()
    opened = browser(vera)
    assert opened.get(PAGE).status_code == 200
    return opened


def key_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def coming_with(key: str) -> Client:
    """Return another browser that shows this key."""
    client = Client(HTTP_HOST="alpha.localhost")
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return client


def test_the_row_tells_neither_the_key_nor_whose_it_is(client: Client, vera: User) -> None:
    row = Session.objects.get()
    told = f"{row.pk} {row.session_data} {SignIn.objects.get().__dict__}"
    assert key_of(client) not in told
    assert str(vera.pk) not in row.session_data


def test_the_name_of_a_row_opens_nothing(client: Client) -> None:
    name = Session.objects.get().pk
    assert name == SignIn.objects.get().session_name
    assert coming_with(name).get(PAGE).status_code == 302
    assert user_of_session(name) is None
    assert client.get(PAGE).status_code == 200


def test_a_content_opens_in_its_own_row_alone(client: Client) -> None:
    """Whoever may write into the table knows a key for a row of their own, and still has nothing."""
    theirs = SessionStore()
    theirs.create()
    row = Session.objects.get(pk=name_of(key_of(client)))
    Session.objects.filter(pk=name_of(theirs.session_key)).update(session_data=row.session_data)
    assert coming_with(str(theirs.session_key)).get(PAGE).status_code == 302


def test_it_opens_in_its_own_workspace_alone(client: Client, beta: Tenant) -> None:
    row = Session.objects.get()
    with tenant_context(beta):
        Session.objects.create(
            pk=row.pk, session_data=row.session_data, expire_date=row.expire_date
        )
        assert user_of_session(key_of(client)) is None


@pytest.mark.parametrize("altered", ["", "e30", "eyJhIjoxfQ:1t:x", "A" * 80])
def test_what_was_altered_opens_nothing(client: Client, altered: str) -> None:
    Session.objects.update(session_data=altered)
    assert client.get(PAGE).status_code == 302


def test_without_our_half_of_the_key_nothing_opens(client: Client) -> None:
    key = key_of(client)
    with override_settings(SECRET_KEY="another"):
        assert user_of_session(key) is None
    assert user_of_session(key) is not None


def test_a_seed_that_is_being_set_up_is_sealed(client: Client) -> None:
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.get("/accounts/2fa/totp/activate/")
    seed = client.session[SECRET_SESSION_KEY]
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(s::text, '') FROM django_session s")
        assert seed not in cursor.fetchone()[0]


def test_a_fresh_proof_gives_the_session_another_key(client: Client, vera: User) -> None:
    before = key_of(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert key_of(client) != before
    assert client.get(PAGE).status_code == 200
    assert coming_with(before).get(PAGE).status_code == 302
    assert user_of_session(before) is None  # what sockets ask again and again
    assert len(SignIn.objects.of(vera)) == 1
    assert [each["is_current"] for each in client.get("/api/v1/sessions/").json()["results"]] == [
        True
    ]


def test_what_was_on_its_way_takes_no_key_away(client: Client) -> None:
    """It comes with the key before, and its answer may be the last that the browser hears."""
    late = coming_with(key_of(client))
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert settings.SESSION_COOKIE_NAME not in late.get(PAGE).cookies
    assert "Cookie" in late.get(PAGE)["Vary"]


def test_a_session_that_is_ended_here_is_forgotten_by_the_browser(client: Client) -> None:
    client.post("/accounts/logout/")
    assert key_of(client) == ""


def test_the_migration_names_rows_as_the_store_does(client: Client, vera: User) -> None:
    """Browsers that people are known by stay known."""
    migration = import_module("apps.accounts.migrations.0010_name_sessions_by_a_digest")
    SignIn.objects.update(session_name="x" * 32)
    with connection.cursor() as cursor:
        cursor.execute(migration.NAME)
    assert SignIn.objects.get().session_name == name_of("x" * 32)
