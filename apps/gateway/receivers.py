"""What changes who may call what: each save of it is told to all processes."""

from typing import Any

from django.db.models import Model
from django.db.models.signals import post_delete, post_save

from apps.accounts.models import ApiKey, Membership, Role, RoleBinding, User
from apps.gateway import news
from apps.gateway.models import (
    AllowList,
    Budget,
    Credential,
    GuardDefaults,
    ModelPrice,
    ModelRoute,
    MoneyRules,
    Prompt,
    PromptLabel,
    Provider,
    VirtualKey,
)

WATCHED: tuple[type[Model], ...] = (
    ApiKey, Membership, Role, RoleBinding, User, AllowList, Budget, Credential, GuardDefaults,
    ModelPrice,    ModelRoute, MoneyRules, Prompt, PromptLabel, Provider, VirtualKey,
)  # fmt: skip
# Saved at each use or sign-in, and no change of what anybody may do.
HARMLESS = (frozenset({"last_login"}), frozenset({"last_used_at"}))


def connect() -> None:
    """Watch the models."""
    for model in WATCHED:
        post_save.connect(_changed, sender=model, dispatch_uid=f"gateway:{model.__name__}")
        post_delete.connect(_changed, sender=model, dispatch_uid=f"gateway:{model.__name__}")


def _changed(sender: object, update_fields: frozenset[str] | None = None, **rest: Any) -> None:
    if update_fields not in HARMLESS:
        news.announce()
