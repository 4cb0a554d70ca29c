"""Making workspaces: a tenant with its owner and a first workflow, all or nothing."""

from django.db import transaction
from django.utils import timezone

from apps.accounts import keys
from apps.accounts.models import User
from apps.accounts.services import add_member
from apps.audit.services import record
from apps.onboarding import tasks
from apps.onboarding.exceptions import SignUpClosed
from apps.onboarding.mails import mail
from apps.onboarding.models import LIFE, SignUp
from apps.tenants.addresses import public_url, workspace_url
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.tenants.services import SlugTaken, create_tenant, is_resting
from apps.workflows.sample_workflows import FIRST, add_sample


def create_workspace(
    *, name: str, slug: str, owner_email: str, owner_name: str, password: str | None
) -> tuple[Tenant, User]:
    """Make a workspace with its owner and a first workflow to run.

    Raises ValidationError for a bad slug, SlugTaken. Without a password the owner signs in by a
    link or by a code sent to their address.
    """
    with public_scope(), transaction.atomic():
        tenant = create_tenant(name=name, slug=slug)
        record("workspace.created", actor=None, target=tenant, after={"slug": slug})
        with tenant_context(tenant):
            owner = add_member(email=owner_email, name=owner_name, role="owner", password=password)
            record("workspace.created", actor=owner, target=tenant, after={"slug": slug})
            add_sample(FIRST, owner=owner)
        transaction.on_commit(lambda: _mail_welcome(tenant, owner), robust=True)
    return tenant, owner


def slug_is_free(slug: str) -> bool:
    """Tell whether no workspace has the address, nor had it lately."""
    with public_scope():
        return not (is_resting(slug) or Tenant.objects.filter(slug=slug).exists())


def request_workspace(*, name: str, slug: str, email: str) -> None:
    """Mail a link under which the workspace is made; until it is followed nothing exists.

    What is known of the address is neither asked nor told. Raises SlugTaken.
    """
    if not slug_is_free(slug):
        raise SlugTaken
    token = keys.new_key()[1]
    with public_scope(), transaction.atomic():
        SignUp.objects.closed().delete()
        sign_up = SignUp.objects.create(
            email=email.strip().lower(),
            name=name,
            slug=slug,
            token_hash=keys.hash_secret(token, purpose="sign-up"),
            expires_at=timezone.now() + LIFE,
        )
        link = f"{public_url()}/start/{token}/"
        mail("sign_up", f"Create {name} on Auterity", sign_up.email, sign_up=sign_up, link=link)


def find_sign_up(token: str) -> SignUp:
    """Return the sign-up of a link. Raises SignUpClosed."""
    hashed = keys.hash_secret(token, purpose="sign-up")
    with public_scope():
        sign_up = SignUp.objects.open().filter(token_hash=hashed).first()
    if sign_up is None:
        raise SignUpClosed
    return sign_up


def finish_sign_up(token: str, *, slug: str, owner_name: str, password: str) -> tuple[Tenant, User]:
    """Make the workspace that a followed link asked for; the link then is used up.

    Raises SignUpClosed, SlugTaken when somebody was faster: the link then stays good.
    """
    with public_scope(), transaction.atomic():
        found = SignUp.objects.open().select_for_update().filter(pk=find_sign_up(token).pk).first()
        if found is None:
            raise SignUpClosed
        found.used_at = timezone.now()
        found.save(update_fields=["used_at", "updated_at"])
        return create_workspace(
            name=found.name,
            slug=slug,
            owner_email=found.email,
            owner_name=owner_name,
            password=password,
        )


def ask_for_workspaces(email: str) -> None:
    """Have the workspaces of an address mailed to it; the same work here, known or not."""
    with public_scope():
        tasks.mail_workspaces.delay(email.strip().lower())


def _mail_welcome(tenant: Tenant, owner: User) -> None:
    address = workspace_url(tenant)
    mail("welcome", f"{tenant.name} is ready", owner.email, tenant=tenant, address=address)
