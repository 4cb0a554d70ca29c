"""The API of services."""

import pytest

from apps.accounts.models import User
from tests.breakers.test_views import fail
from tests.factories.cast import api_client

URL = "/api/v1/services/"


def test_it_lists_filters_and_pages(vera: User) -> None:
    fail(5)
    for place in range(3):
        fail(1, f"host-{place}.example.com")
    client = api_client(vera)
    first = client.get(URL, {"page_size": 3}).json()
    assert first["results"][0]["target"] == "host-2.example.com"
    assert first["previous"] is None
    second = client.get(first["next"]).json()
    assert [each["target"] for each in second["results"]] == ["api.example.com"]
    assert second["next"] is None
    opened = client.get(URL, {"state": "open"}).json()["results"]
    assert len(opened) == 1
    told = opened[0]
    assert (told["kind"], told["state"], told["failures"]) == ("http", "open", 5)
    assert told["last_error"].startswith("HTTP 503")
    assert told["since"] < told["next_try_at"]
    assert client.get(f"{URL}{told['id']}/").json()["target"] == "api.example.com"


def test_mistakes_are_named(vera: User) -> None:
    client = api_client(vera)
    refused = client.get(URL, {"state": "ajar"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "state"
    assert client.get(URL, {"page": "9"}).status_code == 404
    assert client.get(f"{URL}nothing/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_it_is_tried_by_who_may(oscar: User, vera: User) -> None:
    found = fail(5)
    url = f"{URL}{found.id}/try/"
    assert api_client(vera).post(url).status_code == 403
    assert api_client(oscar).post(url).status_code == 200
    assert api_client(vera).get(f"{URL}{found.id}/").json()["state"] == "half_open"
    calm = fail(1, "calm.example.com")
    refused = api_client(oscar).post(f"{URL}{calm.id}/try/")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_open")
