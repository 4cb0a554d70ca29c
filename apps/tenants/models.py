"""Tenants and how they are found. All of it lives in the public schema."""

import re
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django_tenants.models import DomainMixin, TenantMixin

from apps.common.ids import uuid7

SLUG = re.compile(r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$")
RESERVED_SLUGS = frozenset(
    {
        "www", "admin", "api", "app", "auth", "static", "public", "localhost", "mail", "docs",
        "help", "status", "support", "billing", "login", "signup", "auterity", "template", "root",
    }
)  # fmt: skip
# A slug cannot hold an underscore, so no workspace can ever be given this schema.
TEMPLATE_SCHEMA = "t__template"


def validate_slug(slug: str) -> None:
    """Raise ValidationError unless the slug may name a workspace."""
    if not SLUG.match(slug):
        raise ValidationError(
            "Use 3 to 40 lower-case letters, digits and hyphens, starting with a letter.",
            code="bad_slug",
        )
    if slug in RESERVED_SLUGS:
        raise ValidationError(f"“{slug}” is reserved. Choose another address.", code="reserved")


class TenantQuerySet(models.QuerySet["Tenant"]):
    """Reads of tenants."""

    def active(self) -> Self:
        """Keep the tenants whose people may work."""
        return self.filter(status=Tenant.Status.ACTIVE)


class Tenant(TenantMixin):  # type: ignore[misc]
    """A workspace: one schema, one database role, one address."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"
        DELETING = "deleting"  # for good: nobody comes in any more

    auto_create_schema = False  # `services.create_tenant` clones the template instead

    id: "models.UUIDField[UUID, UUID]" = models.UUIDField(
        primary_key=True, default=uuid7, editable=False
    )
    name: "models.CharField[str, str]" = models.CharField(max_length=80)
    slug: "models.CharField[str, str]" = models.CharField(
        max_length=40, unique=True, validators=[validate_slug]
    )
    schema_name: "models.CharField[str, str]" = models.CharField(
        max_length=63, unique=True, validators=[RegexValidator(r"^t_[a-z0-9_]{1,60}$")]
    )
    role_name: "models.CharField[str, str]" = models.CharField(max_length=63, blank=True)
    status: "models.CharField[str, str]" = models.CharField(
        max_length=16, choices=Status, default=Status.ACTIVE
    )
    # Which release's tables and grants its schema has; empty until it was looked at.
    ready_for: "models.CharField[str, str]" = models.CharField(
        max_length=64, blank=True, editable=False
    )
    # When it will be deleted, where that is wanted; until then it can be taken back.
    deletes_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, editable=False
    )
    created_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Tenant"]] = TenantQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def _check_schema_name_is_unique(self) -> None:
        """Leave it to the unique index: slugs are lower case, so schema names are too."""

    @property
    def host(self) -> str:
        """The workspace's own host name, without port."""
        return f"{self.slug}.{settings.BASE_DOMAIN}"


class Domain(DomainMixin):  # type: ignore[misc]
    """A host name of its own that a workspace answers on, beside `<slug>.<base domain>`."""


class KeyIndex(models.Model):
    """Which tenant an API key belongs to; the key's hash and rights stay in the tenant."""

    key_id = models.CharField(max_length=8, primary_key=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE)

    def __str__(self) -> str:
        return self.key_id
