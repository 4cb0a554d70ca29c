"""Members, invitations and keys: transaction, audit and mail in one place each."""

from datetime import datetime, timedelta

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
    KeyOver,
    LastOwner,
    RoleKept,
)
from apps.accounts.keepers import Keeper
from apps.accounts.models import (
    INVITATION_LIFE,
    ApiKey,
    Invitation,
    RoleBinding,
    User,
)
from apps.accounts.services.giving import check_may_give, check_may_manage, role_named
from apps.audit.services import record
from apps.common.errors import Forbidden, Invalid
from apps.tenants.context import current_tenant, public_scope
from apps.tenants.models import KeyIndex


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
def set_active(user: User, *, active: bool, actor: User | Keeper) -> None:
    """Suspend a member or let them in again; sessions and keys of a suspended one stop at once."""
    check_may_manage(actor)
    _check_owner_rights(actor, {user.role.name if user.role else ""})
    if not active:
        _check_another_owner(user)
        user.session_epoch += 1  # the sessions of before must not come back with the person
    user.is_active = active
    user.save(update_fields=["is_active", "session_epoch", "updated_at"])
    if isinstance(actor, User):
        sources.let_be(user)
    action = "member.resumed" if active else "member.suspended"
    record(action, actor=actor, target=user)


@transaction.atomic
def remove_member(user: User, *, actor: User | Keeper) -> None:
    """End a membership. What the person made stays; their keys stop working."""
    check_may_manage(actor)
    _check_owner_rights(actor, {user.role.name if user.role else ""})
    _check_another_owner(user)
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
    """Send it again with a new token; the old link stops working."""
    policies.require(actor, "member.manage")
    check_may_give(actor, invitation.role)
    token = keys.new_key()[1]
    invitation.token_hash = keys.hash_secret(token, purpose="invitation")
    invitation.expires_at = timezone.now() + INVITATION_LIFE
    invitation.save(update_fields=["token_hash", "expires_at", "updated_at"])
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
    invitation = Invitation.objects.select_related("role").filter(token_hash=hashed).first()
    if invitation is None or not invitation.is_open:
        raise InvitationClosed
    return invitation


@transaction.atomic
def accept_invitation(token: str, *, name: str, password: str) -> User:
    """Turn an invitation into a membership. Raises InvitationClosed, AlreadyMember."""
    found = find_invitation(token)
    invitation = Invitation.objects.select_for_update().get(pk=found.pk)
    if not invitation.is_open:
        raise InvitationClosed
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at", "updated_at"])
    return add_member(
        email=invitation.email, name=name, role=invitation.role.name, password=password
    )


@transaction.atomic
def create_api_key(
    *, name: str, role: str, user: User, actor: User | None, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Make a key that acts as the user, never with more than the role; return it and its text.

    The text is shown once: only a hash is stored. Raises Forbidden when the actor would hand out
    more than they hold.
    """
    chosen = role_named(role)
    if actor is not None:
        check_may_give(actor, chosen)
    key_id, secret = keys.new_key()
    key = ApiKey.objects.create(
        key_id=key_id,
        name=name,
        secret_hash=keys.hash_secret(secret),
        user=user,
        role=chosen,
        created_by=actor,
        expires_at=expires_at,
    )
    record("api_key.created", actor=actor, target=key, after={"role": role, "user": str(user)})
    tenant = current_tenant()
    with public_scope():  # the tenant's role may not touch the index
        KeyIndex.objects.create(key_id=key_id, tenant=tenant)
    return key, keys.text_of(key_id, secret)


@transaction.atomic
def create_service_key(
    *, name: str, role: str, actor: User | None, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Make a key for a program: it acts as a service account of its own, whoever leaves.

    Raises Forbidden for who does not manage keys.
    """
    if actor is not None:
        policies.require(actor, "api_key.manage")
    key_id = keys.new_key()[0]
    service = User.objects.create_user(
        f"{key_id}@service.invalid", name=name, kind=User.Kind.SERVICE
    )
    RoleBinding.objects.create(user=service, role=role_named(role))
    return create_api_key(name=name, role=role, user=service, actor=actor, expires_at=expires_at)


@transaction.atomic
def revoke_api_key(key: ApiKey, *, actor: User | Keeper) -> None:
    """End a key; the next request with it is refused. Repeating changes nothing."""
    if not isinstance(actor, Keeper) and key.user_id != actor.pk:
        policies.require(actor, "api_key.manage")
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at", "updated_at"])
        record("api_key.revoked", actor=actor, target=key)


def check_end(expires_at: datetime | None) -> None:
    """Raise Invalid for an end of a key that is past."""
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid.at("expires_at", "The key would be expired already.")


@transaction.atomic
def change_api_key(key: ApiKey, *, actor: User, name: str, expires_at: datetime | None) -> None:
    """Give a key another name and end. Raises Forbidden, KeyOver, Invalid."""
    if key.user_id != actor.pk:
        policies.require(actor, "api_key.manage")
    _check_usable(key)
    before = {"name": key.name, "expires_at": key.expires_at}
    after = {"name": name, "expires_at": expires_at}
    if after == before:
        return
    if expires_at != key.expires_at:
        check_end(expires_at)
    key.name, key.expires_at = name, expires_at
    key.save(update_fields=["name", "expires_at", "updated_at"])
    record("api_key.changed", actor=actor, target=key, before=before, after=after)


@transaction.atomic
def rotate_api_key(key: ApiKey, *, actor: User, overlap: timedelta) -> str:
    """Give a key another secret and return its new text; the one before opens for so long still.

    A person's key is rotated by that person alone: whoever reads the text can act in their name.
    Raises Forbidden, KeyOver.
    """
    if key.user_id != actor.pk:
        policies.require(actor, "api_key.manage")
        if key.user.kind != User.Kind.SERVICE:
            raise Forbidden(f"Only {key.user} can rotate this key: it acts in their name.")
    if not key.allowed <= actor.permissions_in():
        raise Forbidden("This key holds more rights than you have.")
    key.refresh_from_db(from_queryset=ApiKey.objects.select_for_update())
    _check_usable(key)
    secret = keys.new_key()[1]
    key.former_hash, key.former_until = key.secret_hash, timezone.now() + overlap
    key.secret_hash = keys.hash_secret(secret)
    key.save(update_fields=["secret_hash", "former_hash", "former_until", "updated_at"])
    record(
        "api_key.rotated", actor=actor, target=key, after={"former_until": key.former_until}
    )  # fmt: skip
    return keys.text_of(key.key_id, secret)


@transaction.atomic
def end_rotation(key: ApiKey, *, actor: User) -> None:
    """Stop the secret from before the last rotation. Repeating changes nothing."""
    if key.user_id != actor.pk:
        policies.require(actor, "api_key.manage")
    if key.is_rotating:
        key.former_hash, key.former_until = "", None
        key.save(update_fields=["former_hash", "former_until", "updated_at"])
        record("api_key.rotation_ended", actor=actor, target=key)


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


def _check_usable(key: ApiKey) -> None:
    if key.state != "active":
        raise KeyOver
