"""Who holds a key that ends, or is bound to networks, comes by none that lasts longer or is freer."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from apps.accounts import services
from apps.accounts.models import ApiKey, User
from apps.common.errors import Forbidden
from tests.factories.cast import key_client, member

pytestmark = pytest.mark.django_db
HERE = "203.0.113.7"


def ending(user: User, role: str = "owner", **more: Any) -> tuple[ApiKey, str, datetime]:
    """Make a key that ends in an hour; return it with its text and its end."""
    end = timezone.now() + timedelta(hours=1)
    made = services.create_api_key(
        name="Lent", role=role, user=user, actor=user, expires_at=end, **more
    )
    return *made, end


@pytest.mark.parametrize("more", [{}, {"for_program": True}])
def test_a_key_that_ends_makes_none_that_lasts_longer(alice: User, more: dict[str, Any]) -> None:
    _, text, end = ending(alice)
    client = key_client(text)

    def made(**also: Any) -> Any:
        body = {"name": "Next", "role": "viewer", **more, **also}
        return client.post("/api/v1/api-keys/", body, format="json")

    assert parse_datetime(made().json()["expires_at"]) == end
    sooner = end - timedelta(minutes=1)
    assert parse_datetime(made(expires_at=sooner).json()["expires_at"]) == sooner
    later = made(expires_at=end + timedelta(days=1))
    assert later.status_code == 403, later.content
    assert "Your own key ends" in later.json()["detail"]


def test_a_key_that_ends_does_not_put_off_its_end(alice: User) -> None:
    key, text, end = ending(alice)
    url = f"/api/v1/api-keys/{key.pk}/"
    client = key_client(text)
    for wanted in (None, end + timedelta(days=1)):
        assert client.patch(url, {"expires_at": wanted}, format="json").status_code == 403
    assert client.patch(url, {"name": "Still lent"}, format="json").status_code == 200
    key.refresh_from_db()
    assert (key.name, key.expires_at) == ("Still lent", end)


def test_nor_that_of_another_key(alice: User) -> None:
    _, text, _ = ending(alice)
    other, _, end = ending(alice, role="viewer")
    url = f"/api/v1/api-keys/{other.pk}/"
    assert key_client(text).patch(url, {"expires_at": None}, format="json").status_code == 403
    other.refresh_from_db()
    assert other.expires_at == end


def test_a_program_s_key_is_not_rotated_through_one_that_ends_before(alice: User) -> None:
    service, _ = services.create_service_key(name="Bot", role="viewer", actor=alice)
    lent, _, _ = ending(alice)
    alice.acting_key = lent
    with pytest.raises(Forbidden, match="Your own key ends"):
        services.rotate_api_key(service, actor=alice, overlap=timedelta())
    assert services.rotate_api_key(lent, actor=alice, overlap=timedelta())


def test_a_program_s_key_is_not_rotated_through_one_that_is_bound(alice: User) -> None:
    service, _ = services.create_service_key(name="Bot", role="viewer", actor=alice)
    bound, _ = services.create_api_key(
        name="Bound", role="owner", user=alice, actor=alice, networks=[HERE]
    )
    alice.acting_key = bound
    with pytest.raises(Forbidden, match="bound to networks"):
        services.rotate_api_key(service, actor=alice, overlap=timedelta())
    assert services.rotate_api_key(bound, actor=alice, overlap=timedelta())


def test_a_virtual_key_follows_the_same(alice: User) -> None:
    bea = member("Bea", "admin")
    _, text, end = ending(bea, role="admin")
    client = key_client(text)
    made = client.post("/api/v1/gateway/keys/", {"name": "Models"}, format="json")
    assert made.status_code == 201, made.content
    assert parse_datetime(made.json()["expires_at"]) == end
    url = f"/api/v1/gateway/keys/{made.json()['id']}/"
    assert client.patch(url, {"expires_at": None}, format="json").status_code == 403
