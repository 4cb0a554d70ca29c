"""Passkeys in a real browser: set up, used in place of a password, and asked for before what is sensitive."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Demo, Visitor, remember

Visit = Callable[..., Visitor]
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def with_device(visitor: Visitor) -> None:
    """Give the browser a device that makes passkeys and says yes."""
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def sign_in_by_passkey(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Passkey").click()


@pytest.fixture
def passkey(visit: Visit) -> Visitor:
    """The browser of the demo's operator, whose device holds a passkey."""
    visitor = visit("operator")
    page = visitor.page
    with_device(visitor)
    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Add").first.click()
    page.get_by_label("Name").fill("Work laptop")
    assert not violations(page)
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    return visitor


def test_a_passkey_stands_for_everything_else(demo: Demo, passkey: Visitor) -> None:
    page = passkey.page
    page.goto("/accounts/2fa/")
    expect(page.get_by_text("Work laptop")).to_be_visible()
    passkey.shot("second-factor")
    assert not violations(page)

    passkey.context.clear_cookies()
    sign_in_by_passkey(page)
    page.wait_for_url(f"{demo.url}/")
    page.goto("/profile/sessions/")
    expect(page.get_by_text("This one")).to_be_visible()
    passkey.shot("sessions")
    assert not violations(page)

    page.goto("/accounts/reauthenticate/?next=/api-keys/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{demo.url}/api-keys/")

    page.goto("/accounts/2fa/")
    page.get_by_role("link", name="Remove Work laptop").click()
    page.get_by_role("button", name="Remove passkey").click()
    expect(page.get_by_text("Work laptop")).to_have_count(0)
    remember(demo, passkey, "operator")
    passkey.context.clear_cookies()
    sign_in_by_passkey(page)
    expect(page.get_by_text("Incorrect code")).to_be_visible()
