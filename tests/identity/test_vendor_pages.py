"""Walk-throughs name the provider's own page, and when they were last compared with it."""

import pytest

from apps.accounts.models import User
from apps.directory.guides import GUIDES
from apps.identity import services
from apps.identity.models import Connection
from apps.identity.vendor_pages import PAGES, SCIM, page_of
from apps.identity.vendors import VENDORS
from tests.factories.browsers import browser
from tests.factories.issuer import Issuer


def test_every_walk_through_has_its_page() -> None:
    ways = {(each.name, protocol) for each in VENDORS.values() for protocol in each.steps}
    ways |= {(name, SCIM) for name in GUIDES}
    assert set(PAGES) == {way for way in ways if way[0] != "other"}
    for page in PAGES.values():
        assert page.address.startswith("https://") or not page.compared


@pytest.mark.django_db
def test_it_is_shown_beside_the_steps(issuer: Issuer, okta: Connection, alice: User) -> None:
    client = browser(alice)
    shown = client.get(f"/single-sign-on/{okta.pk}/").content.decode()
    assert "Not compared with the provider" in shown
    saml = services.create_connection(vendor="okta", protocol="saml", name="SAML", actor=alice)
    page = page_of("okta", "saml")
    assert page is not None
    assert page.compared is not None
    shown = client.get(f"/single-sign-on/{saml.pk}/").content.decode()
    assert page.address in shown
    assert f"Compared on {page.compared:%-d %b %Y}" in shown
    assert "Compared on" in client.get(f"/single-sign-on/{okta.pk}/directory/").content.decode()
