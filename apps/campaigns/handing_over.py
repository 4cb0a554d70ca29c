"""Access reviews of somebody who leaves: what they own, and what they are asked."""

from collections.abc import Iterable

from apps.accounts import policies
from apps.accounts.belongings import Actor, Belongings
from apps.accounts.models import User
from apps.audit.services import record
from apps.campaigns import independence
from apps.campaigns.assigning import may_review
from apps.campaigns.models import Campaign, Series


class OwnedSeries(Belongings[Series]):
    """Series that begin in somebody's name."""

    name, label = "campaign_series", "Access reviews that repeat"
    about = "They begin in the new person's name."
    left = "They pause when the next one would begin, because the person may begin none."

    def of(self, user: User) -> Iterable[Series]:
        return Series.objects.filter(owner=user).order_by("name")

    def hindrance(self, thing: Series, heir: User, actor: Actor) -> str:
        may = policies.holds(heir, "campaign.manage")
        return "" if may else f"{heir} may not manage access reviews."

    def give(self, thing: Series, user: User, heir: User, actor: Actor) -> None:
        thing.owner = heir
        thing.save(update_fields=["owner", "updated_at"])
        record("campaign_series.handed_over", actor=actor, target=thing, after={"heir": str(heir)})


class AskedCampaigns(Belongings[Campaign]):
    """Open campaigns in which somebody is to decide."""

    name, label = "campaigns", "Rights that they are to review"
    about = "They are asked instead, but for what is their own."
    left = "Nobody is asked until somebody hands them on."

    def of(self, user: User) -> Iterable[Campaign]:
        return Campaign.objects.asking(user).order_by("created_at")

    def hindrance(self, thing: Campaign, heir: User, actor: Actor) -> str:
        return "" if may_review(heir) else f"{heir} may not decide in access reviews."

    def give(self, thing: Campaign, user: User, heir: User, actor: Actor) -> None:
        mine = thing.items.undecided().filter(reviewer=user)
        ids = independence.without_own(mine, heir).order_by().values_list("pk", flat=True)
        moved = thing.items.filter(pk__in=list(ids)).update(reviewer=heir)
        told = {"items": moved, "to": str(heir)}
        record("campaign.handed_on", actor=actor, target=thing, after=told)
