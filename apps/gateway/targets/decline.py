"""Watching what processes share of models, and telling people of one that gets worse."""

import logging

from apps.common.outages import outage_of
from apps.gateway import alarms
from apps.gateway.routes import health, sharing
from apps.gateway.routes.trends import Warning as Decline
from apps.gateway.routes.trends import warning_of
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.database import give_back
from apps.tenants.models import Tenant

logger = logging.getLogger(__name__)

AGAIN_S = 1_800  # for which nobody is told of the same once more


def watch(schema: str, targets: set[str]) -> None:
    """Look at targets of which something was heard; tell people once of each that gets worse."""
    for target in targets:
        found = decline_of(schema, target)
        if found is not None and sharing.once(schema, f"{target}:{found.kind}", AGAIN_S):
            _tell(schema, target, found)


def decline_of(schema: str, target: str) -> Decline | None:
    """Return what a target's samples warn of."""
    ordered = sorted(health.of(schema, target).samples, key=lambda each: each.at)
    return warning_of(ordered)


def _tell(schema: str, target: str, found: Decline) -> None:
    try:
        with public_scope():
            tenant = Tenant.objects.filter(schema_name=schema).first()
        if tenant is not None:
            with tenant_context(tenant):
                alarms.declining(target, found)
    except Exception as error:
        if outage_of(error) is None:
            logger.exception("Nobody could be told of a model in decline")
    finally:
        give_back()
