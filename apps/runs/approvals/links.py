"""Links of mails to one person, at one address, about one question.

Single use, expiring, only hashes kept.
"""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from apps.accounts import keys
from apps.accounts.models import User
from apps.runs.models import DecisionLink, Wait
from apps.tenants.addresses import workspace_url
from apps.tenants.context import current_tenant

LIFE = timedelta(days=7)
SITE = "auterity.urls"
PURPOSE, ADDRESS = "decision", "decision-address"


def make(wait: Wait, user: User) -> str:
    """Return the address of a new link; it ends with the question, at the latest in a week."""
    token = keys.new_key()[1]
    latest = timezone.now() + LIFE
    DecisionLink.objects.create(
        wait=wait,
        user=user,
        token_hash=keys.hash_secret(token, purpose=PURPOSE),
        address_hash=keys.hash_secret(user.email, purpose=ADDRESS),
        expires_at=min(wait.expires_at or latest, latest),
    )
    return address(reverse("runs:by_mail", args=[token], urlconf=SITE))


def find(token: str) -> DecisionLink | None:
    """Return the link of a token, whatever became of it."""
    hashed = keys.hash_secret(token, purpose=PURPOSE)
    related = DecisionLink.objects.select_related("wait__run__workflow__folder", "user")
    return related.filter(token_hash=hashed).first()


def was_sent_to(link: DecisionLink, email: str) -> bool:
    """Tell whether a link went to this address; whoever reads another mailbox is somebody else."""
    return keys.same(keys.hash_secret(email, purpose=ADDRESS), link.address_hash)


def page_of(wait: Wait) -> str:
    """Return the path of the page of a question."""
    return reverse("runs:approval", args=[wait.pk], urlconf=SITE)


def address(path: str) -> str:
    """Return a path with the workspace's own host, as mails need it."""
    return workspace_url(current_tenant()) + path
