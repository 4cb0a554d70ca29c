"""Roles that follow groups are not given by hand: they would be gone at the next sign-in."""

import pytest

from apps.accounts.exceptions import RoleKept
from apps.accounts.models import Folder, RoleBinding, User
from apps.accounts.services import (
    add_to_group,
    change_role,
    create_group,
    give_right,
    preview,
    remove_member,
    set_group_role,
)
from apps.identity import services
from apps.identity.models import Connection, Link
from tests.factories.browsers import browser
from tests.factories.cast import member
from tests.factories.issuer import Issuer, sign_in, stranger

pytestmark = pytest.mark.django_db


@pytest.fixture
def priya(issuer: Issuer, okta: Connection, alice: User) -> User:
    """Somebody who comes through Okta, whose groups decide about roles."""
    services.add_rule(okta, group="auterity-builders", role="builder", folder=None, actor=alice)
    sign_in(stranger(), issuer, okta)
    found: User = User.objects.get(email="priya@halden.example")
    return found


def test_a_role_is_refused_and_locked(priya: User, alice: User) -> None:
    with pytest.raises(RoleKept):
        change_role(priya, role="admin", actor=alice)
    assert "Follows the groups in Okta" in browser(alice).get("/members/").content.decode()


def test_a_right_on_a_folder_is_refused_with_the_reason(priya: User, alice: User) -> None:
    folder = Folder.objects.create(name="Finance")
    with pytest.raises(RoleKept):
        give_right(folder, priya, role="admin", actor=alice)
    asked = {"holder": priya.email, "role": "admin"}
    page = browser(alice).post(f"/workflows/folders/{folder.pk}/people/", asked)
    assert "decide about this person" in page.content.decode()
    assert not RoleBinding.objects.filter(folder=folder).exists()


def test_a_group_here_holds_what_stays(
    issuer: Issuer, okta: Connection, priya: User, alice: User
) -> None:
    group = create_group(name="Finance", actor=alice)
    set_group_role(group, role="admin", actor=alice)
    add_to_group(group, priya, actor=alice)
    sign_in(stranger(), issuer, okta)
    assert "member.manage" in User.objects.get(pk=priya.pk).permissions_in()


def test_nobody_hands_folders_over_to_them(priya: User, alice: User) -> None:
    leaving, folder = member("Leaving", "viewer"), Folder.objects.create(name="Finance")
    give_right(folder, leaving, role="admin", actor=alice)
    share = next(s for s in preview(leaving, priya, actor=alice) if s.name == "folder_rights")
    assert "Groups elsewhere decide" in share.things[0].stays
    remove_member(leaving, actor=alice, heir=priya)
    assert not RoleBinding.objects.filter(user=priya, folder=folder).exists()


def test_where_no_group_decides_roles_are_given_here(
    okta: Connection, priya: User, alice: User
) -> None:
    services.remove_rule(okta.rules.get(), actor=alice)
    change_role(priya, role="admin", actor=alice)
    services.add_rule(okta, group="auterity-builders", role="builder", folder=None, actor=alice)
    services.disable(okta, actor=alice)
    change_role(User.objects.get(pk=priya.pk), role="operator", actor=alice)


def test_owners_are_above_it(okta: Connection, priya: User, alice: User) -> None:
    change_role(priya, role="owner", actor=alice)
    priya = User.objects.get(pk=priya.pk)
    give_right(Folder.objects.create(name="Finance"), priya, role="viewer", actor=alice)
    assert Link.objects.get(user=priya).connection == okta
