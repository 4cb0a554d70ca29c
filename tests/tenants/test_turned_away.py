"""Each boundary leaves one line in the log for what it refuses, and none of them a value."""

import logging

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.accounts import services
from apps.accounts.models import User
from apps.tenants import turned_away
from apps.tenants.models import Tenant
from apps.tenants.turned_away import A_MINUTE, Minute
from tests.factories.browsers import browser
from tests.factories.callers import Caller
from tests.factories.cast import api_client, key_client
from tests.factories.triggers import trigger

SECRET = "what-nobody-logs-7"
LOGGER = turned_away.__name__


@pytest.fixture(autouse=True)
def _watched(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    monkeypatch.setattr(turned_away, "minute", Minute())


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the lines about what was refused; nothing that was sent is in any."""
    assert SECRET not in caplog.text
    return [each.getMessage() for each in caplog.records if each.name == LOGGER]


def test_input_that_the_api_refuses(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    for body in ({"email": SECRET}, {SECRET: 1}):
        answer = api_client(alice).post(f"/api/v1/invitations/?q={SECRET}", body, format="json")
        assert answer.status_code == 422
    line = (
        "refused method=POST where=api:invitation-list status=422 code=invalid "
        f"who={alice.pk} from=127.0.0.1 workspace=alpha"
    )
    assert lines(caplog) == [line, line]


def test_a_body_that_is_no_json(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    client = api_client(alice)
    client.post("/api/v1/workflows/", f"{{{SECRET}", content_type="application/json")
    (line,) = lines(caplog)
    assert "status=400" in line
    assert f"who={alice.pk}" in line


def test_rights_of_a_key(vera: User, caplog: pytest.LogCaptureFixture) -> None:
    text = services.create_api_key(name="k", role="viewer", user=vera, actor=vera)[1]
    key_client(text).post("/api/v1/invitations/", {"email": "x@y.example"})
    key_client(text[:-1] + "_").get("/api/v1/me/")
    refused, unknown = lines(caplog)
    assert f"status=403 code=forbidden who={vera.pk} " in refused
    assert "where=api:me status=401" in unknown
    assert "who=- " in unknown
    assert text.split("_", 2)[2] not in caplog.text


def test_another_workspaces_object_is_as_one_that_is_none(
    alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    gone = "/api/v1/workflows/018f0000-0000-7000-8000-000000000000/"
    assert api_client(alice).get(gone).status_code == 404
    (line,) = lines(caplog)
    assert "where=api:workflow-detail status=404 code=not_found" in line


def test_pages(vera: User, caplog: pytest.LogCaptureFixture) -> None:
    browser(vera).post(f"/members/{vera.pk}/suspend/")
    forger = Client(enforce_csrf_checks=True, HTTP_HOST="alpha.localhost")
    forger.post("/accounts/login/", {"login": SECRET, "password": SECRET})
    refused, forged = lines(caplog)
    assert f"where=accounts:leave status=403 code=- who={vera.pk}" in refused
    assert "where=account_login status=403" in forged


@pytest.mark.django_db(transaction=True)
def test_what_is_served_beside_django(bob: User, caplog: pytest.LogCaptureFixture) -> None:
    caller = Caller()
    trigger(bob, "webhook", {"methods": ["POST"]}, path=SECRET)
    assert caller(f"/hooks/{SECRET}", b"{", content_type="application/json").status == 400
    assert caller(f"/hooks/{SECRET}x", {}).status == 404
    assert caller("/v1/models", method="GET", authorization=f"Bearer {SECRET}").status == 401
    assert [line.removeprefix("refused ") for line in lines(caplog)] == [
        "method=POST where=/hooks/ status=400 code=- who=- from=192.0.2.7 workspace=alpha",
        "method=POST where=/hooks/ status=404 code=- who=- from=192.0.2.7 workspace=alpha",
        "method=GET where=/v1/ status=401 code=- who=- from=192.0.2.7 workspace=alpha",
    ]


def test_a_host_without_a_workspace(alpha: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    assert APIClient(HTTP_HOST="nobody.localhost").get("/api/v1/me/").status_code == 404
    assert all("workspace=-" in line for line in lines(caplog))


def test_what_succeeds_and_what_is_nowhere_leave_none(
    alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    assert api_client(alice).get("/api/v1/me/").status_code == 200
    assert browser(alice).get(f"/{SECRET}.php").status_code == 404
    assert lines(caplog) == []


def test_nobody_fills_the_log(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(A_MINUTE + 50):
        turned_away.note(method="GET", where="x", status=403, workspace="alpha")
    told = lines(caplog)
    # A minute may end in between, so that there are some of the next.
    assert A_MINUTE <= len(told) <= A_MINUTE + 50
    assert told[A_MINUTE - 1].endswith("more=not_written_in_this_minute") or len(told) > A_MINUTE
