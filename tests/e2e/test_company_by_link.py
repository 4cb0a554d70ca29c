"""A company's administrator connects its provider with a link alone: no account here, no owner at hand."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.e2e.company import CLIENT_ID, CLIENT_SECRET, Company
from tests.e2e.conftest import Demo, Visitor, sign_in
from tests.e2e.test_company import open_page, through_the_provider


def test_all_of_it_by_link(company: Company, place: Demo, chromium: Browser) -> None:
    owner = open_page(chromium, place)
    sign_in(place, owner, "owner")
    address = _give_link(owner)
    guest = open_page(chromium, place)
    page = guest.page
    page.goto(address)
    guest.shot("link-open")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("To do", exact=True)).to_have_count(6)
    guest.shot("link-steps")
    _enter(page, company)
    page.get_by_role("link", name="Test", exact=True).last.click()
    through_the_provider(page)
    expect(page.get_by_text("The test passed.")).to_be_visible()
    guest.shot("link-test")
    page.get_by_role("link", name="What is left").click()
    _prove(page, company)
    expect(page.get_by_text("Map one of the groups to a role")).to_be_visible()
    page.get_by_role("textbox", name="Group").fill("auterity-builders")
    page.get_by_role("combobox", name="Role", exact=True).select_option("builder")
    page.get_by_role("button", name="Add group").click()
    expect(page.get_by_text("Priya Raman would become a member")).to_be_visible()
    guest.shot("link-ready")
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("Halden is switched on.")).to_be_visible()
    page.get_by_role("button", name="Require it").click()
    expect(page.get_by_text("You are done.")).to_be_visible()
    guest.shot("link-done")
    _come_in(open_page(chromium, place))
    _confirm(owner)
    page.reload()
    expect(page.get_by_text("This link does not work any more")).to_be_visible()
    guest.shot("link-closed")


def _give_link(owner: Visitor) -> str:
    """Name an owner for emergencies, begin a connection and make the link with all that it may do."""
    page = owner.page
    page.goto("/single-sign-on/")
    page.get_by_role("button", name=re.compile("^Put .* on the list$")).first.click()
    page.goto("/single-sign-on/new/")
    page.get_by_label("Another provider").check()
    page.get_by_label("Protocol").select_option("oidc")
    page.get_by_label("Name", exact=True).fill("Halden")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("link", name="Set-up link for IT").click()
    page.get_by_label("Prove the domain").fill("halden.example")
    page.get_by_label("Map groups, at most to").select_option("builder")
    page.get_by_label("Switch it on, after a test that passed").check()
    page.get_by_label("Require it for the domain").check()
    owner.shot("link-give")
    page.get_by_role("button", name="Make the link").click()
    address = page.locator("#setup-link").inner_text()
    owner.shot("link-given")
    return address


def _enter(page: Page, company: Company) -> None:
    page.get_by_role("link", name="Enter the details").click()
    company.start_provider(page.locator(".guide code").first.inner_text())
    page.get_by_label("Issuer").fill(company.issuer)
    page.get_by_label("Client ID").fill(CLIENT_ID)
    page.get_by_label("Client secret").fill(CLIENT_SECRET)
    page.get_by_role("button", name="Save and go on").click()


def _prove(page: Page, company: Company) -> None:
    """Look before the record is there, then with it."""
    company.names.records["halden.example"] = ["v=spf1 -all"]
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_role("alert").get_by_text("1 other TXT record")).to_be_visible()
    company.names.records["halden.example"].append(page.locator("#record").inner_text())
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("halden.example is proved.").first).to_be_visible()


def _come_in(visitor: Visitor) -> None:
    """Sign in as somebody who was never here: there is no other way any more."""
    page = visitor.page
    page.goto("/accounts/login/")
    page.get_by_label("Work e-mail").fill("priya@halden.example")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("halden.example must use Halden")).to_be_visible()
    page.get_by_role("link", name="Continue with Halden").click()
    through_the_provider(page)
    page.wait_for_url(re.compile("localhost:[0-9]+/$"))
    expect(page.get_by_role("button", name="Your profile: Priya Raman").first).to_be_visible()


def _confirm(owner: Visitor) -> None:
    page = owner.page
    page.goto("/single-sign-on/")
    page.get_by_role("link", name="Halden", exact=True).click()
    expect(page.get_by_text("Is this your company's provider?")).to_be_visible()
    owner.shot("link-confirm")
    page.get_by_role("button", name="Confirm, everybody comes in").click()
    expect(
        page.get_by_text("Everybody of its domains can sign in with Halden now.")
    ).to_be_visible()
