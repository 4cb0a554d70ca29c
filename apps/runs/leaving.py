"""Views of the list of runs whose owner leaves: shared ones stay for all, or go to an heir."""

from collections.abc import Iterable

from apps.accounts.belongings import Actor, Belongings
from apps.accounts.models import User
from apps.audit.services import record
from apps.runs.models import SavedView
from apps.runs.services.saved_views import MOST_OWN


class SharedViews(Belongings[SavedView]):
    """Views that they share; those of their own nobody else has seen."""

    name, label = "run_views", "Shared views of runs"
    about = "They look after them from now on: rename, change, delete."
    left = "Everybody keeps them, and administrators may change them."

    def of(self, user: User) -> Iterable[SavedView]:
        return SavedView.objects.shared().filter(owner=user).order_by("created_at")

    def hindrance(self, thing: SavedView, heir: User, actor: Actor) -> str:
        theirs = SavedView.objects.filter(owner=heir)
        if theirs.filter(name__iexact=thing.name).exists():
            return f"{heir} has a view of this name."
        return f"{heir} has {MOST_OWN} views." if theirs.count() >= MOST_OWN else ""

    def give(self, thing: SavedView, user: User, heir: User, actor: Actor) -> None:
        thing.owner = heir
        thing.save(update_fields=["owner", "updated_at"])
        record("run_view.handed_over", actor=actor, target=thing, after={"owner": str(heir)})

    def let_go(self, user: User) -> None:
        SavedView.objects.filter(owner=user, is_shared=False).delete()
        SavedView.objects.shared().filter(owner=user).update(owner=None)
