"""Triggers that start runs in somebody's name, given to somebody else."""

from collections.abc import Iterable

from apps.accounts import policies
from apps.accounts.belongings import Actor, Belongings
from apps.accounts.models import User
from apps.audit.services import record
from apps.triggers.models import Trigger


class Triggers(Belongings[Trigger]):
    """Whose runs use the rights of who leaves."""

    name, label = "triggers", "Triggers in their name"
    about = "Their runs use the new person's rights from the next one on."
    left = "They pause at the next start, because the person may start nothing."

    def of(self, user: User) -> Iterable[Trigger]:
        found = Trigger.objects.filter(run_as=user, workflow__deleted_at=None)
        return found.select_related("workflow__folder").order_by("name")

    def hindrance(self, thing: Trigger, heir: User, actor: Actor) -> str:
        may = policies.allows(heir, "run", thing.workflow)
        return "" if may else f"{heir} may not run “{thing.workflow}”."

    def give(self, thing: Trigger, user: User, heir: User, actor: Actor) -> None:
        thing.run_as, thing.test_by, thing.test_until = heir, None, None
        thing.save(update_fields=["run_as", "test_by", "test_until", "updated_at"])
        told = {"run_as": str(heir)}
        record("trigger.handed_over", actor=actor, target=thing, before={"run_as": str(user)}, after=told)  # fmt: skip
