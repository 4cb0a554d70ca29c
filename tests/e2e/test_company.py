"""A company connects its provider and its people come in: with providers that nobody here wrote."""

import re
from collections.abc import Callable
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, expect

from tests.e2e.company import CLIENT_ID, CLIENT_SECRET, Company
from tests.e2e.conftest import WAIT_MS, Demo, Visitor, sign_in


def open_page(chromium: Browser, place: Demo) -> Visitor:
    context = chromium.new_context(base_url=place.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(WAIT_MS)
    return Visitor(context, context.new_page())


def through_the_provider(page: Page) -> None:
    """Sign in on the provider's own pages."""
    page.get_by_placeholder("Enter any login").fill("00u1priya")
    page.get_by_placeholder("and password").fill("anything")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def test_a_company_connects_and_its_people_come_in(
    company: Company, place: Demo, chromium: Browser
) -> None:
    owner = open_page(chromium, place)
    sign_in(place, owner, "owner")
    page = owner.page
    _connect(page, company)
    _prove(page, company)
    page.goto("/single-sign-on/")
    page.get_by_role("link", name="Halden", exact=True).click()
    page.get_by_role("link", name="Test", exact=True).last.click()
    through_the_provider(page)
    expect(page.get_by_text("Priya Raman would become a member and be signed in.")).to_be_visible()
    expect(page.get_by_text("Would be Builder")).to_be_visible()
    owner.shot("company-test")
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("can sign in with Halden now")).to_be_visible()
    _come_in(open_page(chromium, place))
    page.get_by_role("link", name="Set-up link for IT").click()
    page.get_by_role("button", name="Make the link").click()
    link = page.locator("#setup-link").inner_text()
    _set_up(open_page(chromium, place), link)


def test_a_company_comes_in_by_saml(company: Company, place: Demo, chromium: Browser) -> None:
    """The provider posts from another site, where our cookie does not go; it checks our signature."""
    owner = open_page(chromium, place)
    sign_in(place, owner, "owner")
    page = owner.page
    page.goto("/single-sign-on/new/")
    page.get_by_label("Another provider").check()
    page.get_by_label("Name", exact=True).fill("Halden")
    page.get_by_role("button", name="Go on").click()
    acs, entity_id = page.locator(".guide code").all_inner_texts()[:2]
    company.start_asserter(acs, _certificate(entity_id))
    page.get_by_label("Address of the metadata").fill(f"{company.issuer}/metadata")
    page.get_by_role("button", name="Save and go on").click()
    owner.shot("company-saml-details")
    _map(page)
    _prove(page, company)
    page.goto("/single-sign-on/")
    page.get_by_role("link", name="Halden", exact=True).click()
    page.get_by_role("link", name="Test", exact=True).last.click()
    page.get_by_role("link", name="Sign in as Priya").click()
    expect(page.get_by_text("Priya Raman would become a member and be signed in.")).to_be_visible()
    owner.shot("company-saml-test")
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("can sign in with Halden now")).to_be_visible()
    _come_in(
        open_page(chromium, place),
        lambda page: page.get_by_role("link", name="Sign in as Priya").click(),
    )


def _certificate(metadata: str) -> str:
    """Return our certificate as our metadata show it."""
    with urlopen(metadata) as answer:
        found = re.search("X509Certificate>([^<]+)<", answer.read().decode())
    assert found is not None
    return f"-----BEGIN CERTIFICATE-----\n{found[1]}\n-----END CERTIFICATE-----\n"


def _connect(page: Page, company: Company) -> None:
    page.goto("/single-sign-on/new/")
    page.get_by_label("Another provider").check()
    page.get_by_label("Protocol").select_option("oidc")
    page.get_by_label("Name", exact=True).fill("Halden")
    page.get_by_role("button", name="Go on").click()
    company.start_provider(page.locator(".guide code").first.inner_text())
    page.get_by_label("Issuer").fill(company.issuer)
    page.get_by_label("Client ID").fill(CLIENT_ID)
    page.get_by_label("Client secret").fill(CLIENT_SECRET)
    page.get_by_role("button", name="Save and go on").click()
    _map(page)


def _map(page: Page) -> None:
    page.get_by_role("link", name="Groups and roles").click()
    page.get_by_role("textbox", name="Group").fill("auterity-builders")
    page.get_by_role("combobox", name="Role").select_option("builder")
    page.get_by_role("button", name="Add group").click()
    expect(page.get_by_role("cell", name="auterity-builders", exact=True)).to_be_visible()


def _prove(page: Page, company: Company) -> None:
    page.goto("/single-sign-on/")
    page.get_by_role("textbox", name="Domain").fill("halden.example")
    page.get_by_role("button", name="Add domain").click()
    record = page.get_by_text(re.compile("^auterity-verification=")).inner_text()
    company.names.records["halden.example"] = [record]
    page.get_by_role("button", name="Check now").click()
    page.get_by_role("combobox", name="Signs in through").select_option("Halden")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="halden.example", exact=True)).to_be_visible()


def _come_in(visitor: Visitor, through: Callable[[Page], None] = through_the_provider) -> None:
    """Sign in as somebody who was never here."""
    page = visitor.page
    page.goto("/accounts/login/")
    page.get_by_label("Work e-mail").fill("priya@halden.example")
    page.get_by_role("button", name="Continue").click()
    visitor.shot("company-choose")
    page.get_by_role("link", name="Continue with Halden").click()
    through(page)
    page.wait_for_url(re.compile("localhost:[0-9]+/$"))
    expect(page.get_by_role("button", name="Your profile: Priya Raman").first).to_be_visible()


def _set_up(visitor: Visitor, link: str) -> None:
    """Look at the set-up and test it, as the company's administrator who has a link alone."""
    page = visitor.page
    page.goto(link)
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("link", name="See them").click()
    expect(page.get_by_label("Issuer")).to_have_value(re.compile("127.0.0.1"))
    visitor.shot("company-set-up")
    page.get_by_role("link", name="Test", exact=True).click()
    page.get_by_role("link", name="Test again").click()
    through_the_provider(page)
    expect(page.get_by_text("The test passed.")).to_be_visible()
