"""Nothing tells whether an address is known: the same answer, the same hashes, the same queries."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from apps.accounts import services
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.tenants.models import Tenant
from tests.factories.factors import PASSWORD, Device, someone, with_app
from tests.factories.issuer import stranger

made: list[str] = []


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password is hashed."""

    def encode(self, password: str, salt: str) -> str:
        made.append(salt)
        return super().encode(password, salt)


@pytest.fixture
def known(alpha: Tenant) -> User:
    return someone()


@pytest.fixture
def unknown() -> str:
    """An address that nobody has, and that no other test tried."""
    return f"v{uuid4().hex[:12]}@viewer.example"


@pytest.fixture(autouse=True)
def counted(settings: Settings) -> Iterator[None]:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    made.clear()
    yield
    made.clear()


def cost(path: str, **form: str) -> tuple[int, int, int, str, int]:
    """Return status, hashes, queries, the way on and the letters that an attempt makes."""
    client = stranger()
    client.get("/accounts/login/")  # what only the first request reads
    made.clear()
    mail.outbox.clear()
    with CaptureQueriesContext(connection) as queries:
        answer = client.post(path, form)
    return answer.status_code, len(made), len(queries), answer.get("Location", ""), len(mail.outbox)


@pytest.mark.parametrize("state", ["as usual", "suspended", "with an app", "with a passkey"])
def test_a_wrong_password_tells_nothing(alice: User, known: User, unknown: str, state: str) -> None:
    if state == "suspended":
        services.set_active(known, active=False, actor=alice)
    if state == "with an app":
        with_app(known)
    if state == "with a passkey":
        Device().keep(known)
    path, password = "/accounts/login/", "wrong horse 7"
    of_known = cost(path, login=known.email, password=password)
    assert of_known == cost(path, login=unknown, password=password)
    assert of_known[1] == 1


def test_a_password_from_elsewhere_is_not_looked_at(alice: User, known: User, unknown: str) -> None:
    services.change_sign_in_rules({"networks": ["203.0.113.0/24"]}, actor=alice)
    of_known = cost("/accounts/login/", login=known.email, password=PASSWORD)
    assert of_known == cost("/accounts/login/", login=known.email, password="wrong horse 7")
    assert of_known == cost("/accounts/login/", login=unknown, password=PASSWORD)
    assert of_known[:2] == (403, 0)


def test_the_trail_says_the_same_of_both(known: User, unknown: str) -> None:
    for email in (known.email, unknown):
        cost("/accounts/login/", login=email, password="wrong horse 7")
    told = list(AuditEntry.objects.filter(action="session.refused").order_by("pk"))
    assert [entry.after for entry in told] == [{"email": known.email}, {"email": unknown}]
    assert {(entry.actor_id, entry.target_id, entry.result) for entry in told} == {
        ("", "", "denied")
    }


@pytest.mark.parametrize("path", ["/accounts/password/reset/", "/accounts/login/code/"])
def test_asking_for_a_mail_tells_nothing(known: User, unknown: str, path: str) -> None:
    of_known = cost(path, email=known.email)
    assert of_known == cost(path, email=unknown)
    assert (of_known[1], of_known[4]) == (0, 1)


def test_the_words_are_the_same(known: User, unknown: str) -> None:
    def words(email: str) -> str:
        form = {"login": email, "password": "wrong horse 7"}
        text = stranger().post("/accounts/login/", form).content.decode()
        said = text.partition("<main")[2].replace(email, "")
        return " ".join(
            line for line in said.split() if "csrf" not in line and "value=" not in line
        )

    assert words(known.email) == words(unknown)
