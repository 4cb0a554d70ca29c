"""The guide beside the set-up: each step with what can be seen of it, each claim with what it was good for."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.identity import guide, services, testing
from apps.identity.exceptions import AnswerRefused
from apps.identity.models import Connection
from apps.identity.vendors import ACS, ENTITY, START, VENDORS
from tests.factories.issuer import ALICE

pytestmark = pytest.mark.django_db
OURS = {ACS: "https://ours/acs/", ENTITY: "https://ours/", START: "https://ours/start/"}
PERSON = {
    "Name ID": "00u1", "Name ID format": "persistent", "email": "priya@halden.example",
    "name": "Priya", "groups": ["builders"],
}  # fmt: skip


@pytest.fixture
def okta(alice: User) -> Connection:
    return services.create_connection(vendor="okta", protocol="saml", name="Okta", actor=alice)


def marks(connection: Connection, told: Any) -> dict[str, str]:
    """Return how far each step is, by its title."""
    return {each.step.title: each.mark.state for each in guide.steps(connection, OURS, told)}


def test_before_anything_is_entered_nothing_is_ticked(okta: Connection) -> None:
    assert set(marks(okta, None).values()) == {""}


def test_a_passed_test_ticks_all(okta: Connection) -> None:
    okta.issuer = "http://www.okta.com/1"
    assert set(marks(okta, testing.report(okta, PERSON)).values()) == {"done"}


def test_each_step_shows_what_is_wrong_with_it(okta: Connection) -> None:
    changing = testing.report(okta, PERSON | {"Name ID format": "transient"})
    assert marks(okta, changing)["Set Name ID format to Persistent"] == "bad"
    nobody = testing.report(okta, PERSON | {"email": "", "groups": []})
    assert marks(okta, nobody)["Add attributes"] == "bad"
    assert marks(okta, nobody)["Paste these two values"] == "done"
    assert marks(okta, nobody)["Assign people"] == ""


def test_an_answer_that_is_not_believed_ticks_nothing_of_it(okta: Connection) -> None:
    told = testing.failed(AnswerRefused())
    assert marks(okta, told)["Paste these two values"] == ""


def test_groups_that_are_not_sent_are_said(alice: User) -> None:
    connection = services.create_connection(vendor="keycloak", name="Keycloak", actor=alice)
    values = {"Redirect URI": "https://ours/"}
    told = testing.report(connection, ALICE | {"groups": []})
    found = {each.step.title: each.mark for each in guide.steps(connection, values, told)}
    assert (found["Send groups"].state, found["Send groups"].seen) == ("bad", "None were received.")


def test_each_claim_says_what_was_checked(okta: Connection, alice: User) -> None:
    told = testing.report(okta, PERSON | {"Name ID format": "transient"})
    rows = {row["used_as"]: row for row in guide.checked(okta, told, None) if row["used_as"]}
    assert (rows["Person id"]["checked"], rows["Person id"]["bad"]) == ("Changes at every sign-in", True)  # fmt: skip
    assert rows["Vouched for"]["checked"] == "Not needed"
    services.add_rule(okta, group="builders", role="builder", folder=None, actor=alice)
    told = testing.report(okta, PERSON)
    found = guide.checked(okta, told, testing.outcome(okta, told))
    assert {row["used_as"]: row["checked"] for row in found}["Groups"] == "1 received, 1 mapped"


def test_every_step_is_shown_by_something_known() -> None:
    known = {"entered", "answered", "groups", "subject", "email", "passed"}
    every = [step for v in VENDORS.values() for steps in v.steps.values() for step in steps]
    assert {step.shown_by for step in every} == known
