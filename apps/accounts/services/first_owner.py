"""The first owner of a workspace that was made for somebody: nobody inside can invite them."""

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from apps.accounts import keys
from apps.accounts.models import INVITATION_LIFE, Invitation
from apps.accounts.services.giving import role_named
from apps.audit.services import record
from apps.tenants.context import current_tenant


@transaction.atomic
def invite_first_owner(*, email: str, link: str) -> Invitation:
    """Offer the current workspace to its owner; offers that nobody answered are withdrawn.

    `link` is the accepting page's address with `{token}` in it.
    """
    now, token = timezone.now(), keys.new_key()[1]
    Invitation.objects.unanswered().update(revoked_at=now)
    invitation = Invitation.objects.create(
        email=email.strip().lower(),
        role=role_named("owner"),
        token_hash=keys.hash_secret(token, purpose="invitation"),
        expires_at=now + INVITATION_LIFE,
    )
    record("invitation.sent", actor=None, target=invitation, after={"role": "owner"})
    workspace = current_tenant().name
    text = {"invitation": invitation, "link": link.format(token=token), "workspace": workspace}
    subject = f"{workspace} on Auterity is yours"
    send_mail(subject, render_to_string("emails/first_owner.txt", text), None, [invitation.email])
    return invitation
