"""Members and invitations: transaction, audit and mail in one place each."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from apps.accounts import keys, policies, sources
from apps.accounts.exceptions import (
    AlreadyInvited,
    AlreadyMember,
    InvitationClosed,
    LastOwner,
    RoleKept,
)
from apps.accounts.keepers import Keeper
from apps.accounts.models import (
    INVITATION_LIFE,
    Invitation,
    RoleBinding,
    User,
)
from apps.accounts.services.giving import check_may_give, check_may_manage, role_named
from apps.accounts.services.handing_over import hand_over, let_go
from apps.accounts.services.keys import revoke_api_key
from apps.audit.services import record
from apps.tenants.context import current_tenant


@transaction.atomic
def add_member(
    *,
    email: str,
    name: str,
    role: str | None,
    password: str | None = None,
    actor: User | Keeper | None = None,
) -> User:
    """Make a member with a role on the whole workspace, or none yet. Raises AlreadyMember.

    Without an actor the system itself acts: sign-up, demo data and accepted invitations.
    """
    if User.objects.filter(email=email.strip().lower()).exists():
        raise AlreadyMember
    user = User.objects.create_user(email, password, name=name)
    if role:
        RoleBinding.objects.create(user=user, role=role_named(role))
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    record("member.added", actor=actor, target=user, after={"role": role})
    return user


@transaction.atomic
def add_staff(*, email: str, name: str = "", new_second_factor: bool = False) -> User:
    """Let somebody into the platform administration; safe to repeat, also for who was let go.

    In public scope, by the operator alone: no page calls it. A second factor stays required;
    `new_second_factor` forgets a lost one, so that the next sign-in sets up another.
    """
    found: User | None = User.objects.filter(email=email.strip().lower()).first()
    user = found or User.objects.create_superuser(email, name=name)
    if found is None:
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    user.is_active = user.is_staff = user.is_superuser = True
    user.save(update_fields=["is_active", "is_staff", "is_superuser", "updated_at"])
    if new_second_factor:
        Authenticator.objects.filter(user=user).delete()
    record("staff.added", actor=None, target=user, after={"new_second_factor": new_second_factor})
    return user


@transaction.atomic
def change_role(user: User, *, role: str | None, actor: User) -> None:
    """Give a member another role on the whole workspace, or none. Raises LastOwner, Forbidden, RoleKept.

    What they hold on folders and through groups stays. Owners are made and unmade here alone.
    """
    policies.require(actor, "member.manage")
    new = role_named(role) if role else None
    found = RoleBinding.objects.select_related("role").filter(user=user, folder=None).first()
    before = found.role.name if found else None
    _check_owner_rights(actor, {before})
    if before == "owner" and role != "owner":
        _check_another_owner(user)
    elif role != "owner" and sources.roles_are_kept(user):
        raise RoleKept
    if new:
        check_may_give(actor, new)
        RoleBinding.objects.update_or_create(user=user, folder=None, defaults={"role": new})
    elif found:
        found.delete()
    record(
        "member.role_changed",
        actor=actor,
        target=user,
        before={"role": before},
        after={"role": role},
    )


@transaction.atomic
def set_active(user: User, *, active: bool, actor: User | Keeper, heir: User | None = None) -> None:
    """Suspend a member or let them in again; sessions and keys of a suspended one stop at once.

    Who is suspended may hand over what they look after. Raises LastOwner, Forbidden, Invalid.
    """
    check_may_manage(actor)
    _check_owner_rights(actor, {user.role.name if user.role else ""})
    if not active:
        _check_another_owner(user)
        if heir is not None:
            hand_over(user, heir, actor=actor)
        user.session_epoch += 1  # the sessions of before must not come back with the person
    user.is_active = active
    user.save(update_fields=["is_active", "session_epoch", "updated_at"])
    if isinstance(actor, User):
        sources.let_be(user)
    action = "member.resumed" if active else "member.suspended"
    record(action, actor=actor, target=user)


@transaction.atomic
def remove_member(user: User, *, actor: User | Keeper, heir: User | None = None) -> None:
    """End a membership. What the person made stays, with the heir if there is one; their keys stop.

    Raises LastOwner, Forbidden, Invalid.
    """
    check_may_manage(actor)
    _check_owner_rights(actor, {user.role.name if user.role else ""})
    _check_another_owner(user)
    if heir is not None:
        hand_over(user, heir, actor=actor)
    let_go(user)
    record("member.removed", actor=actor, target=user, before={"email": user.email})
    for key in user.api_keys.filter(revoked_at=None):
        revoke_api_key(key, actor=actor)
    user.role_bindings.all().delete()
    user.memberships.all().delete()
    EmailAddress.objects.filter(user=user).delete()  # the address may be invited again
    user.is_active = False
    user.email = f"removed-{user.pk}@invalid"
    user.removed_at = timezone.now()
    user.set_unusable_password()
    user.save()


def invite_member(*, email: str, role: str, actor: User, link: str) -> Invitation:
    """Send an invitation; `link` is the accepting page's address with `{token}` in it.

    Raises AlreadyMember, AlreadyInvited, UnknownRole, Forbidden.
    """
    policies.require(actor, "member.manage")
    offered = role_named(role)
    check_may_give(actor, offered)
    email = email.strip().lower()
    if User.objects.filter(email=email).exists():
        raise AlreadyMember
    token = keys.new_key()[1]
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                email=email,
                role=offered,
                invited_by=actor,
                token_hash=keys.hash_secret(token, purpose="invitation"),
                expires_at=timezone.now() + INVITATION_LIFE,
            )
            record("invitation.sent", actor=actor, target=invitation, after={"role": role})
            _mail_invitation(invitation, link.format(token=token))
    except IntegrityError as error:
        raise AlreadyInvited from error
    return invitation


@transaction.atomic
def resend_invitation(invitation: Invitation, *, actor: User, link: str) -> None:
    """Send it again with a new token, in one's own name; the old link stops working."""
    policies.require(actor, "member.manage")
    check_may_give(actor, invitation.role)
    token = keys.new_key()[1]
    invitation.token_hash = keys.hash_secret(token, purpose="invitation")
    invitation.expires_at, invitation.invited_by = timezone.now() + INVITATION_LIFE, actor
    invitation.save(update_fields=["token_hash", "expires_at", "invited_by", "updated_at"])
    record("invitation.sent_again", actor=actor, target=invitation)
    _mail_invitation(invitation, link.format(token=token))


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, actor: User) -> None:
    """Withdraw an invitation."""
    policies.require(actor, "member.manage")
    _check_owner_rights(actor, {invitation.role.name})
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at", "updated_at"])
    record("invitation.revoked", actor=actor, target=invitation)


def find_invitation(token: str) -> Invitation:
    """Return the open invitation of a token. Raises InvitationClosed."""
    hashed = keys.hash_secret(token, purpose="invitation")
    sent = Invitation.objects.select_related("role", "invited_by")
    invitation = sent.filter(token_hash=hashed).first()
    if invitation is None or not invitation.is_open or not _is_vouched_for(invitation):
        raise InvitationClosed
    return invitation


def _is_vouched_for(invitation: Invitation) -> bool:
    """Tell whether who sent it could do so now: who is let go lets nobody in, themselves least.

    Without a sender it came from the platform.
    """
    sender = invitation.invited_by
    if sender is None:
        return True
    may_give = invitation.role.allowed <= sender.permissions_in()
    return may_give and policies.holds(sender, "member.manage")


@transaction.atomic
def accept_invitation(token: str, *, name: str, password: str) -> User:
    """Turn an invitation into a membership. Raises InvitationClosed, AlreadyMember.

    Who came in an archive becomes a member with what they held there, as far as it was given.
    """
    found = find_invitation(token)
    invitation = Invitation.objects.select_for_update().get(pk=found.pk)
    if not invitation.is_open:
        raise InvitationClosed
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at", "updated_at"])
    if invitation.for_user_id is not None:
        return _let_in(
            User.objects.select_for_update().get(pk=invitation.for_user_id), name, password
        )
    return add_member(
        email=invitation.email, name=name, role=invitation.role.name, password=password
    )


def _let_in(user: User, name: str, password: str) -> User:
    """Let somebody act who was only known. Raises AlreadyMember, also for who was removed since."""
    if user.is_active or user.removed_at is not None:
        raise AlreadyMember
    user.name, user.is_active = name, True
    user.set_password(password)
    user.save(update_fields=["name", "is_active", "password", "updated_at"])
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    role = user.role
    record("member.added", actor=None, target=user, after={"role": role.name if role else None})
    return user


def _check_owner_rights(actor: User | Keeper, roles: set[str | None]) -> None:
    """Raise Forbidden where owners are concerned, for all but owners: for directories too."""
    if "owner" in roles:
        policies.require(actor if isinstance(actor, User) else None, "owner.manage")


def _check_another_owner(user: User) -> None:
    """Raise LastOwner if the user is the only active owner; the rows are locked till commit."""
    owners = RoleBinding.objects.select_for_update().filter(
        role__name="owner", folder=None, user__is_active=True, user__kind=User.Kind.HUMAN
    )
    holders = set(owners.values_list("user_id", flat=True))
    if holders == {user.pk}:
        raise LastOwner


def _mail_invitation(invitation: Invitation, link: str) -> None:
    context = {"invitation": invitation, "link": link, "workspace": current_tenant().name}
    subject = f"Join {current_tenant().name} on Auterity"
    send_mail(subject, render_to_string("emails/invitation.txt", context), None, [invitation.email])
