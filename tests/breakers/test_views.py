"""The page of services that failed lately, and trying one at once."""

import re

import pytest
from pytest_django import Settings

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.egress import circuits
from apps.egress.breakers import Fault, breaker
from apps.egress.circuits import Circuit
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from tests.factories.browsers import browser

PAGE = "/services/"


def fail(times: int, host: str = "api.example.com", service: str = "http") -> Circuit:
    for _ in range(times):
        with breaker(service, host) as call:
            call.note(Fault("HTTP 503 <b>busy</b>"))
    return next(each for each in circuits.listed() if each.target == host)


def text(user: User, query: str = "") -> str:
    answer = browser(user).get(f"{PAGE}{query}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_nothing_failed_yet(vera: User) -> None:
    assert "No calls failed recently." in text(vera)


def test_it_says_what_is_left_alone_why_and_how_long(vera: User) -> None:
    fail(5)
    fail(2, "shaky.example.com")
    page = text(vera)
    assert "api.example.com" in page
    assert "shaky.example.com" in page
    assert "Closed" in page
    assert " s left" in page
    assert "HTTP 503 &lt;b&gt;busy" in page
    assert "1 of 2 that failed lately is left alone" in page
    assert "Try now" not in page  # a viewer only looks


def test_search_filters_and_pages(vera: User) -> None:
    fail(5)
    fail(1, "The mail server", "mail")
    assert "api.example.com" not in text(vera, "?q=MAIL")
    assert "The mail server" not in text(vera, "?kind=http")
    assert "The mail server" not in text(vera, "?state=open")
    assert "No service fits these filters." in text(vera, "?q=nowhere")
    for place in range(30):
        fail(1, f"host-{place}.example.com")
    assert "1 to 25 of 32" in text(vera)
    assert "26 to 32 of 32" in text(vera, "?page=2")


def test_an_unknown_state_is_refused(vera: User) -> None:
    assert browser(vera).get(f"{PAGE}?state=ajar").status_code == 422


@pytest.mark.django_db(transaction=True)
def test_it_is_tried_at_once_by_who_may(oscar: User) -> None:
    found = fail(5)
    assert "Try now" in text(oscar)
    done = browser(oscar).post(f"{PAGE}{found.id}/try/", follow=True)
    assert "The next call to api.example.com goes through" in done.content.decode()
    assert "Half-open" in done.content.decode()
    entry = AuditEntry.objects.get(action="service.tried")
    assert entry.after == {"service": "http", "target": "api.example.com"}
    with breaker("http", "api.example.com"):
        pass
    assert "all are called again" in text(oscar)
    again = browser(oscar).post(f"{PAGE}{found.id}/try/", follow=True)
    assert "is not left alone" in again.content.decode()


def test_a_viewer_may_not_try(vera: User) -> None:
    found = fail(5)
    assert browser(vera).post(f"{PAGE}{found.id}/try/").status_code == 403
    assert not AuditEntry.objects.filter(action="service.tried").exists()


def test_another_workspaces_breaker_stays_as_it_is(mallory: User, beta: Tenant) -> None:
    found = fail(5)
    with tenant_context(beta):
        assert "api.example.com" not in browser(mallory, "beta").get(PAGE).content.decode()
        assert browser(mallory, "beta").post(f"{PAGE}{found.id}/try/").status_code == 404
    assert circuits.listed()[0].state == "open"


def test_the_navigation_counts_what_is_left_alone(vera: User) -> None:
    count = re.compile(r'data-count="breakers:list">(\d+)<')
    assert count.findall(text(vera)) == ["0"]
    fail(5)
    assert count.findall(text(vera)) == ["1"]


def test_without_redis_the_page_says_so(vera: User, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    circuits.disconnect()
    try:
        assert browser(vera).get(PAGE).status_code == 503
        assert browser(vera).get("/").status_code == 200
    finally:
        circuits.disconnect()
