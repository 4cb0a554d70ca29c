"""What people are told of services that fail: once when one is left alone, once when it is back."""

from apps.accounts.models import User
from apps.common.metrics import REGISTRY
from apps.egress import circuits
from apps.egress.breakers import Fault, breaker, try_now
from apps.notifications.models import Mail, Notification
from apps.notifications.services import mailed_kinds

HOST = "api.example.com"


def fail() -> None:
    """Let a service fail until it is left alone."""
    for _ in range(circuits.RULES.failures):
        with breaker("http", HOST) as call:
            call.note(Fault("HTTP 503"))


def recover() -> None:
    """Let the next call to it go well."""
    (circuit,) = circuits.listed()
    try_now(circuit)
    circuits._views.clear()
    with breaker("http", HOST):
        pass


def told() -> list[tuple[str, str, bool]]:
    """Return who was told which kind, and whether it is still news."""
    rows = Notification.objects.order_by("created_at", "user__email")
    return [(row.user.name, row.kind, row.read_at is None) for row in rows]


def test_who_may_manage_services_is_told_once(alice: User, bob: User, oscar: User) -> None:
    fail()
    found = told()
    assert {kind for _, kind, _ in found} == {"service.opened"}
    able = [user for user in (alice, bob, oscar) if "service.manage" in user.permissions_in()]
    assert sorted(name for name, _, _ in found) == sorted(user.name for user in able)
    first = Notification.objects.first()
    assert first is not None
    assert (first.title, first.text) == (f"{HOST} keeps failing", "HTTP 503")
    assert first.path == "/services/"
    assert not Mail.objects.exists()
    assert "service.opened" not in mailed_kinds(alice)


def test_recovery_settles_the_failure(alice: User) -> None:
    fail()
    recover()
    mine = [(kind, is_news) for name, kind, is_news in told() if name == alice.name]
    assert mine == [("service.opened", False), ("service.recovered", True)]


def test_a_later_outage_is_told_anew(alice: User) -> None:
    fail()
    recover()
    fail()
    kinds = [kind for name, kind, _ in told() if name == alice.name]
    assert kinds == ["service.opened", "service.recovered", "service.opened"]


def test_a_monitor_sees_what_happened_at_breakers(alice: User) -> None:
    labels = {"event": "opened", "service": "http"}
    before = REGISTRY.get_sample_value("auterity_breakers_total", labels) or 0
    fail()
    assert REGISTRY.get_sample_value("auterity_breakers_total", labels) == before + 1
