"""Keys that ask workflows in somebody's name, given to somebody else."""

from collections.abc import Iterable

from apps.accounts.belongings import Actor, Belongings
from apps.accounts.models import User
from apps.audit.services import record
from apps.gateway.models import VirtualKey
from apps.gateway.workflow_models import find, is_workflow


class VouchedKeys(Belongings[VirtualKey]):
    """Whose workflows run with the rights of who leaves."""

    name, label = "vouched_keys", "Keys that ask workflows in their name"
    about = "The workflows of these keys run with the new person's rights."
    left = "The keys get no answer from these workflows any more."

    def of(self, user: User) -> Iterable[VirtualKey]:
        found = VirtualKey.objects.filter(vouched_by=user, key__revoked_at=None)
        return found.exclude(key__user=user).select_related("key").order_by("key__name")

    def hindrance(self, thing: VirtualKey, heir: User, actor: Actor) -> str:
        named = filter(is_workflow, thing.routes or ())
        unable = next((name for name in named if find(name, heir) is None), "")
        return f"{heir} may not run {unable}." if unable else ""

    def give(self, thing: VirtualKey, user: User, heir: User, actor: Actor) -> None:
        thing.vouched_by = heir
        thing.save(update_fields=["vouched_by"])
        record("virtual_key.handed_over", actor=actor, target=thing, after={"heir": str(heir)})
