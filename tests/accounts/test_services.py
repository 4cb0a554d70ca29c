"""Members, invitations and keys, each with its refusal."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.accounts import services
from apps.accounts.exceptions import (
    AlreadyInvited,
    AlreadyMember,
    InvitationClosed,
    LastOwner,
    UnknownRole,
)
from apps.accounts.models import ApiKey, Folder, Invitation, RoleBinding, User
from apps.accounts.policies import allows, visible
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from apps.tenants.context import public_scope
from apps.tenants.models import KeyIndex, Tenant

LINK = "http://alpha.localhost/invitations/{token}/"


def fresh(user: User) -> User:
    found: User = User.objects.get(pk=user.pk)
    return found


def invite(actor: User, email: str = "new@x.example", role: str = "builder") -> str:
    services.invite_member(email=email, role=role, actor=actor, link=LINK)
    found = re.search(r"/invitations/([\w-]+)/", str(mail.outbox[-1].body))
    assert found
    return found[1]


def test_admin_changes_a_role(alice: User, bob: User) -> None:
    services.change_role(bob, role="admin", actor=alice)
    assert "member.manage" in fresh(bob).permissions_in()
    entry = AuditEntry.objects.get(action="member.role_changed")
    assert (entry.actor_label, entry.before, entry.after) == (
        "Alice",
        {"role": "builder"},
        {"role": "admin"},
    )


def test_builder_may_not_change_roles(alice: User, bob: User, vera: User) -> None:
    with pytest.raises(Forbidden):
        services.change_role(vera, role="admin", actor=bob)


def test_admin_may_not_make_owners(alice: User, bob: User, vera: User) -> None:
    services.change_role(bob, role="admin", actor=alice)
    with pytest.raises(Forbidden):
        services.change_role(vera, role="owner", actor=fresh(bob))
    with pytest.raises(Forbidden):
        services.remove_member(alice, actor=fresh(bob))


@pytest.mark.parametrize("act", ["demote", "suspend", "remove"])
def test_the_last_owner_stays(alice: User, act: str) -> None:
    with pytest.raises(LastOwner):
        match act:
            case "demote":
                services.change_role(alice, role="viewer", actor=alice)
            case "suspend":
                services.set_active(alice, active=False, actor=alice)
            case "remove":
                services.remove_member(alice, actor=alice)


def test_unknown_role(alice: User, bob: User) -> None:
    with pytest.raises(UnknownRole):
        services.change_role(bob, role="emperor", actor=alice)


def test_removed_member_loses_everything(alice: User, bob: User) -> None:
    key, _ = services.create_api_key(name="k", role="viewer", user=bob, actor=bob)
    services.remove_member(bob, actor=alice)
    key.refresh_from_db()
    assert key.state == "revoked"
    assert fresh(bob).permissions_in() == frozenset()


def test_invitation_becomes_a_membership_once(alice: User) -> None:
    token = invite(alice)
    user = services.accept_invitation(token, name="New", password="correct horse 9")
    assert user.role is not None
    assert user.role.name == "builder"
    with pytest.raises(InvitationClosed):
        services.accept_invitation(token, name="Again", password="correct horse 9")


def test_invitation_token_is_not_stored(alice: User) -> None:
    token = invite(alice)
    assert token not in str(list(AuditEntry.objects.values()))
    assert not Invitation.objects.filter(token_hash=token).exists()


def test_invitation_expires(alice: User) -> None:
    token = invite(alice)
    with time_machine.travel(timezone.now() + timedelta(hours=73)), pytest.raises(InvitationClosed):
        services.find_invitation(token)


def test_withdrawn_and_resent_links_stop_working(alice: User) -> None:
    old = invite(alice)
    invitation = services.find_invitation(old)
    services.resend_invitation(invitation, actor=alice, link=LINK)
    with pytest.raises(InvitationClosed):
        services.find_invitation(old)
    services.revoke_invitation(invitation, actor=alice)
    assert not invitation.is_open


def test_inviting_twice_or_a_member_is_refused(alice: User, bob: User) -> None:
    invite(alice)
    with pytest.raises(AlreadyInvited):
        invite(alice)
    with pytest.raises(AlreadyMember):
        invite(alice, email=bob.email.upper())


def test_builder_may_not_invite(bob: User) -> None:
    with pytest.raises(Forbidden):
        invite(bob)


def test_a_key_never_holds_more_than_its_maker(bob: User) -> None:
    with pytest.raises(Forbidden):
        services.create_api_key(name="k", role="admin", user=bob, actor=bob)


def test_a_key_limits_its_user(alpha: Tenant, alice: User) -> None:
    key, text = services.create_api_key(name="k", role="viewer", user=alice, actor=alice)
    alice.acting_key = key
    assert alice.permissions_in() == key.role.allowed
    with public_scope():
        assert KeyIndex.objects.get(pk=key.key_id).tenant == alpha
    assert text.split("_", 2)[2] not in str(ApiKey.objects.values().get())


def test_revoking_anothers_key_needs_the_right(alice: User, bob: User, oscar: User) -> None:
    key, _ = services.create_api_key(name="k", role="viewer", user=oscar, actor=oscar)
    with pytest.raises(Forbidden):
        services.revoke_api_key(key, actor=bob)
    services.revoke_api_key(key, actor=alice)
    assert key.state == "revoked"


def test_folder_roles_count_in_their_folder_only(alice: User, alpha: Tenant) -> None:
    outer = services.create_folder(name="Finance", actor=alice)
    inner = services.create_folder(name="Payroll", actor=alice, parent=outer)
    other = services.create_folder(name="Support", actor=alice)
    guest = User.objects.create_user("guest@x.example", name="Guest")
    RoleBinding.objects.create(user=guest, role=services.role_named("builder"), folder=outer)
    assert allows(guest, "edit", inner)
    assert not allows(guest, "edit", other)
    assert set(visible(guest, Folder.objects.all())) == {outer, inner}
    assert guest.permissions_in() == frozenset()


def test_addresses_exist_once_in_any_case(alpha: Tenant) -> None:
    User.objects.create_user("Ana@Example.com", name="Ana")
    with pytest.raises(DatabaseError), transaction.atomic():
        User.objects.create_user("ana@example.COM", name="Ana")
    with pytest.raises((DatabaseError, ValidationError)), transaction.atomic():
        User.objects.create(email="BEN@example.com", name="Ben")


def guest_of(folder: Folder, name: str = "Gustav", role: str = "operator") -> User:
    """Make a member whose only role is on a folder."""
    guest = services.add_member(email=f"{name.lower()}@guest.example", name=name, role=role)
    RoleBinding.objects.filter(user=guest).update(folder=folder)
    return fresh(guest)


def test_whoever_has_roles_on_folders_only_gets_one_on_the_workspace(alice: User) -> None:
    guest = guest_of(services.create_folder(name="Sales", actor=alice))
    services.change_role(guest, role="viewer", actor=alice)
    assert str(fresh(guest).role) == "Viewer"
    assert RoleBinding.objects.filter(user=guest).count() == 2
    entry = AuditEntry.objects.filter(action="member.role_changed").latest("at")
    assert (entry.before, entry.after) == ({"role": None}, {"role": "viewer"})


def test_a_removed_person_may_be_invited_again(alice: User, bob: User) -> None:
    email = bob.email
    services.remove_member(bob, actor=alice)
    token = invite(alice, email=email)
    again = services.accept_invitation(token, name="Bob", password="correct horse 7")
    assert again.pk != bob.pk
    assert again.is_active


def test_invitations_of_owners_are_the_owners_business(alice: User, bob: User) -> None:
    services.change_role(bob, role="admin", actor=alice)
    invite(alice, role="owner")
    invitation = Invitation.objects.get()
    with pytest.raises(Forbidden):
        services.resend_invitation(invitation, actor=fresh(bob), link=LINK)
    with pytest.raises(Forbidden):
        services.revoke_invitation(invitation, actor=fresh(bob))
