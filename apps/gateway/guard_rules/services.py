"""What people decide about the guards of a workspace."""

from django.db import transaction
from pydantic import ValidationError

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.types import JSONDict
from apps.gateway.exceptions import BadGuards
from apps.gateway.guards.policy import NONE, Guards
from apps.gateway.models import GuardDefaults, ModelRoute
from apps.gateway.routes.policy import Policy


def guards_of(settings: JSONDict) -> Guards:
    """Return the guards that settings say. Raises BadGuards naming what makes no sense."""
    try:
        return Guards.model_validate(settings)
    except ValidationError as error:
        errors = [
            {
                "field": ".".join(str(each) for each in entry["loc"]) or "guards",
                "message": f"{entry['msg']}.",
                "code": "invalid",
            }
            for entry in error.errors()
        ]
        raise BadGuards("The guards make no sense like this.", errors=errors) from None


def guards_of_workspace() -> Guards:
    """Return what is looked for where a route has no guards of its own."""
    found = GuardDefaults.objects.first()
    return Guards.model_validate(found.settings) if found is not None else NONE


def guards_of_route(route: ModelRoute) -> Guards:
    """Return what is looked for in the calls of a route."""
    return Policy.of(route.policy).guards or guards_of_workspace()


@transaction.atomic
def set_guards(*, actor: User, guards: JSONDict) -> GuardDefaults:
    """Say what is looked for in calls whose route has no guards of its own. Raises BadGuards, Forbidden."""
    policies.check(actor, "manage", GuardDefaults)
    settings = guards_of(guards).settings()
    found, _ = GuardDefaults.objects.select_for_update().get_or_create(pk=1)
    before = found.settings
    if settings != before:
        found.settings = settings
        found.save()
        record("guards.set", actor=actor, target=found, before=before, after=settings)
    return found
