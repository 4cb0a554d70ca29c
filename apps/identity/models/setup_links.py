"""Set-up links: what the company's administrator does without an account here."""

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.accounts.models import Role, User
from apps.common.models import TimestampedModel
from apps.identity.models.connections import TOKEN_PREFIX, Connection, Domain

SETUP_LIFE = timedelta(hours=24)


class SetupLink(TimestampedModel):
    """A way for the company's administrator to set one connection up without an account here.

    What it may do beyond that is what its maker gave with it; each right needs the one before.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="setup_links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # The domain that it may prove; without one it decides nothing.
    domain = models.ForeignKey(
        Domain, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    proved_at = models.DateTimeField(null=True, blank=True)
    # The most that it gives to groups, and that people hold who come in before an owner confirms.
    cap = models.ForeignKey(
        Role, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    may_switch_on = models.BooleanField(default=False)
    may_enforce = models.BooleanField(default=False)

    # Audit entries name who acts, and through which key: the link itself acts, through none.
    acting_key = None

    def __str__(self) -> str:
        return f"Set-up link of {self.connection}"

    @property
    def let_in_by(self) -> "User | str":
        """Who made it: the trail names them beside the link."""
        return self.created_by or ""

    @property
    def is_valid(self) -> bool:
        """Whether it still lets anybody in who opened it."""
        return self.revoked_at is None and self.expires_at > timezone.now() and self._is_backed

    @property
    def _is_backed(self) -> bool:
        """Whether its maker may still do what it does."""
        maker = self.created_by
        if maker is None or not maker.is_active or maker.removed_at is not None:
            return False
        return "connection.manage" in maker.permissions_in()

    @property
    def record(self) -> str:
        """What the TXT record says that shows who holds it to hold the domain's DNS too.

        Its own, not the domain's: that one may stand in the DNS for long.
        """
        token = salted_hmac(
            "identity.setup-link", f"{self.pk}:{self.domain_id}", algorithm="sha256"
        )
        return f"{TOKEN_PREFIX}{token.hexdigest()[:32]}"
