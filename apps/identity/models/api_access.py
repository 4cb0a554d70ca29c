"""Whether a provider's access tokens open the API, and with what rights."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from apps.accounts.models import Role, User
from apps.common.models import TimestampedModel
from apps.identity.models.connections import Connection


class ApiAccess(TimestampedModel):
    """Whether a provider's access tokens open the API, for whom they must be, and with what rights."""

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, related_name="api_access"
    )
    is_on = models.BooleanField(default=False)
    audiences = ArrayField(models.CharField(max_length=500), default=list, blank=True)
    claim = models.CharField(max_length=120, default="scope")  # by which rules name roles
    longest = models.DurationField(default=timedelta(hours=1))  # that a token may be valid
    # Whether each must say in its header that it is an access token (RFC 9068).
    typed_only = models.BooleanField(default=True)
    cap = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")  # the most they bring

    def __str__(self) -> str:
        return f"API access of {self.connection}"


class ScopeRule(TimestampedModel):
    """What tokens may do that carry a value, such as a scope."""

    access = models.ForeignKey(ApiAccess, on_delete=models.CASCADE, related_name="rules")
    value = models.CharField(max_length=250)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["access", "value"], name="identity_scope_rule_once")
        ]

    def __str__(self) -> str:
        return f"{self.value}: {self.role}"


class TokenClientQuerySet(models.QuerySet["TokenClient"]):
    """Reads of programs, and their end."""

    def retire(self) -> None:
        """End the accounts that they act as: they stay in the history of what they did."""
        accounts = User.objects.filter(pk__in=self.values("user"))
        accounts.update(is_active=False, removed_at=timezone.now())


class TokenClient(TimestampedModel):
    """A program that the provider gives tokens to, and the service account that it acts as here."""

    access = models.ForeignKey(ApiAccess, on_delete=models.CASCADE, related_name="clients")
    subject = models.CharField(max_length=255)
    client_id = models.CharField(max_length=255)
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="token_client")
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = TokenClientQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["access", "subject"], name="identity_client_once")
        ]

    def __str__(self) -> str:
        return str(self.user)
