"""The campaigns app."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """Asks whether rights are still needed, and takes away what is not."""

    name = "apps.campaigns"

    def ready(self) -> None:
        from apps.accounts import belongings
        from apps.campaigns import (
            beginning,
            carrying,
            policies,  # noqa: F401 - registers the policies
            reminding,
            series,
            taking,
            tasks,
        )
        from apps.campaigns.counts import for_me
        from apps.campaigns.handing_over import AskedCampaigns, OwnedSeries
        from apps.campaigns.keeping import Campaigns
        from apps.campaigns.news import KINDS
        from apps.common.navigation import register_counter
        from apps.dispatch import chores
        from apps.notifications import kinds
        from apps.retention import classes

        belongings.register(OwnedSeries())
        belongings.register(AskedCampaigns())
        chores.register(taking.CHORE, chores.for_each(tasks.take_rights))
        chores.register(carrying.CHORE, chores.for_each(tasks.carry_out))
        chores.register(reminding.CHORE, chores.for_each(tasks.remind_reviewers))
        chores.register(series.CHORE, chores.for_each(beginning.begin_campaign))
        classes.register("campaigns", Campaigns())
        kinds.register(*KINDS)
        register_counter("campaigns:list", for_me)
