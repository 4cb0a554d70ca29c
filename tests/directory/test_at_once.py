"""Requests at the same time: none undoes what another one said."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection as database

from apps.accounts.models import User
from tests.directory.clients import ScimClient

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 8


def together(scim: ScimClient, *requests: tuple[str, dict[str, Any]]) -> list[int]:
    """Send patches all at once; return their status."""

    def send(request: tuple[str, dict[str, Any]]) -> int:
        path, operation = request
        try:
            status: int = ScimClient(scim.token).patch(path, operation).status_code
            return status
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(send, requests))


def test_members_that_come_at_once_are_all_kept(scim: ScimClient) -> None:
    people = [scim.add(f"p{number}@halden.example")["id"] for number in range(PEOPLE)]
    group = f"/Groups/{scim.add_group('Rail')['id']}"
    adds = [(group, {"op": "add", "path": "members", "value": [{"value": each}]}) for each in people]  # fmt: skip
    assert set(together(scim, *adds)) == {200}
    assert {each["value"] for each in scim.get(group).json()["members"]} == set(people)


def test_who_leaves_stays_out_whatever_else_is_said_meanwhile(scim: ScimClient) -> None:
    path = f"/Users/{scim.add('p@halden.example')['id']}"
    titles = [(path, {"op": "replace", "path": "title", "value": f"T{turn}"}) for turn in range(PEOPLE)]  # fmt: skip
    leaving = (path, {"op": "replace", "path": "active", "value": "False"})
    assert set(together(scim, *titles[:4], leaving, *titles[4:])) == {200}
    assert scim.get(path).json()["active"] is False
    assert not User.objects.get(email="p@halden.example").is_active
