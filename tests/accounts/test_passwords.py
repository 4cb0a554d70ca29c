"""Which passwords people may choose, and how they are asked for: no table is needed to judge one."""

import pytest
from allauth.account.forms import ChangePasswordForm
from django.contrib.auth.hashers import make_password

from apps.accounts.forms import AcceptForm
from apps.accounts.models import User
from apps.accounts.words import WORDS
from apps.tenants.context import Scope, entered
from apps.tenants.models import Tenant
from tests.architecture.tree import ROOT

PRESENT = "correct horse 7"


def accepting(password: str) -> AcceptForm:
    """Return the form of somebody who accepts an invitation with a password."""
    return AcceptForm({"name": "Priya Raman", "password": password}, email="priya@halden.example")


@pytest.mark.parametrize(
    "password",
    [
        "tiny horse",
        "quiet meadow letters only",
        "7" * 11 + "x",
        "ÄÖÜ ☃ 雪の日の長い言葉",
        "x y" * 22,
    ],
)
def test_any_composition_is_taken_up_to_great_lengths(password: str) -> None:
    form = accepting(password)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["password"] == password


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("ninechars", "too short"),
        ("password123", "too common"),
        ("1234567890", "too common"),
        ("priya@halden", "too similar"),
        ("Priya-Raman", "too similar"),
        ("Auterity2026!", "little more than the name"),
        ("workflow-company", "little more than the name"),
    ],
)
def test_what_is_guessed_first_is_refused_at_its_field(password: str, why: str) -> None:
    assert why in str(accepting(password).errors["password"])


@pytest.mark.parametrize(
    ("password", "is_taken"),
    [("Halden!Works 24", False), ("haldenhalden", False), ("halden and three owls", True)],
)
def test_the_workspaces_own_name_is_guessed_first(password: str, is_taken: bool) -> None:
    tenant = Tenant(slug="halden-works", name="Halden Works", schema_name="t_halden_works")
    with entered(Scope(tenant.schema_name, tenant=tenant)):
        form = accepting(password)
        assert form.is_valid() is is_taken, form.errors


def test_the_words_are_written_down() -> None:
    page = (ROOT / "docs/security-facts.md").read_text()
    assert f"| {', '.join(WORDS)} |" in page


def test_spaces_around_it_are_part_of_it() -> None:
    form = accepting("  tiny horse  ")
    assert form.is_valid(), form.errors
    assert form.cleaned_data["password"] == "  tiny horse  "


def test_it_is_masked_and_managers_may_fill_it_in() -> None:
    shown = str(accepting("tiny horse")["password"])
    assert 'type="password"' in shown
    assert 'autocomplete="new-password"' in shown
    assert "tiny horse" not in shown


@pytest.mark.parametrize(("present", "is_taken"), [(PRESENT, True), ("wrong horse 7", False)])
def test_a_change_asks_for_the_present_one(present: str, is_taken: bool) -> None:
    person = User(email="priya@halden.example", password=make_password(PRESENT))
    words = {"password1": "battery staple 9", "password2": "battery staple 9"}
    form = ChangePasswordForm(person, {"oldpassword": present, **words})
    assert form.is_valid() is is_taken
    assert set(form.errors) == (set() if is_taken else {"oldpassword"})
