"""Addresses and headers that no honest client sends: refused before anything looks at them."""

import pytest

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.tenants.models import Tenant
from tests.factories.browsers import browser
from tests.factories.cast import api_client

LISTS = ["/members/", "/api-keys/", "/runs/", "/approvals/", "/workflows/", "/relaycore/calls/"]


@pytest.mark.parametrize("path", [*(f"{each}?q=%00" for each in LISTS), "/relaycore/routes/%00/"])
def test_a_nul_in_a_page_address_is_refused(alice: User, path: str) -> None:
    answer = browser(alice).get(path)
    assert answer.status_code == 400
    assert "NUL" in answer.content.decode()


@pytest.mark.parametrize("path", ["workflows/?tag=a%00", "gateway/routes/%00/"])
def test_a_nul_in_an_api_address_is_a_problem(alice: User, path: str) -> None:
    answer = api_client(alice).get(f"/api/v1/{path}")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("position", ["cD0lMDA=", "cD05OTk5OTk5OTk5OQ==", "cD0yMDI2LTk5LTk5"])
def test_a_made_up_cursor_is_not_found(alice: User, position: str) -> None:
    assert api_client(alice).get(f"/api/v1/members/?cursor={position}").status_code == 404


@pytest.mark.parametrize("path", ["members/{}/role/", "workflows/{}/archive/"])
def test_what_only_looks_like_an_id_is_not_found(alice: User, path: str) -> None:
    assert browser(alice).post(f"/{path.format('-' * 36)}").status_code == 404
    assert browser(alice).post(f"/{path.format(uuid7())}").status_code in {404, 422}


@pytest.mark.parametrize("uid", ["aGVsbG8", "AAAA", "MDFhMjEzMGI", "_____"])
def test_a_made_up_sign_in_link_is_gone(alpha: Tenant, uid: str) -> None:
    assert browser().get(f"/accounts/link/{uid}/x-y/").status_code == 410


@pytest.mark.parametrize("host", ["[", "alpha.localhost:80@evil.example", "a b"])
@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/api/v1/me/"])
def test_a_host_that_cannot_be_is_nobodys(alpha: Tenant, host: str, path: str) -> None:
    assert browser().get(path, headers={"host": host}).status_code == 404
