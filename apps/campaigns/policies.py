"""Who sees access reviews: those who look after the workspace all, reviewers what they are asked."""

from apps.accounts import policies
from apps.accounts.models import User
from apps.accounts.policies import Policy, Rows, register
from apps.campaigns.models import Campaign, Item, Series


@register(Campaign)
class CampaignPolicy(Policy):
    """A reviewer sees the campaigns in which something is, or was, theirs to decide."""

    resource = "campaign"

    def visible(self, actor: User, queryset: Rows) -> Rows:
        if policies.holds(actor, "campaign.view"):
            return queryset
        if not policies.holds_anywhere(actor, "campaign.decide"):
            return queryset.none()
        return queryset.filter(pk__in=Item.objects.filter(reviewer=actor).values("campaign"))


@register(Item)
class ItemPolicy(Policy):
    """A reviewer sees their own items, and no others."""

    resource = "campaign"

    def visible(self, actor: User, queryset: Rows) -> Rows:
        if policies.holds(actor, "campaign.view"):
            return queryset
        if not policies.holds_anywhere(actor, "campaign.decide"):
            return queryset.none()
        return queryset.filter(reviewer=actor)


@register(Series)
class SeriesPolicy(Policy):
    """Whoever sees all campaigns sees when they begin again."""

    resource = "campaign"
