"""The triggers app."""

from django.apps import AppConfig


class TriggersConfig(AppConfig):
    """Starts runs when it is time, when somebody calls, and when something happened."""

    name = "apps.triggers"

    def ready(self) -> None:
        from apps.accounts import belongings
        from apps.dispatch import chores
        from apps.egress.breakers import on_change
        from apps.retention import classes
        from apps.runs.state.events import register_listener
        from apps.triggers import policies  # noqa: F401 - registers the policies
        from apps.triggers.deliveries import DELIVERY, SCHEDULE
        from apps.triggers.handing_over import Triggers
        from apps.triggers.keeping import Deliveries
        from apps.triggers.models import Trigger
        from apps.triggers.reactions import hear, hear_changes, hear_service
        from apps.triggers.tasks import carry_out, fire
        from apps.vault.resealing import register_column
        from apps.workflows import settling

        register_column(Trigger, "secret", lambda trigger: trigger.secret_context)
        belongings.register(Triggers())
        chores.register(SCHEDULE, chores.for_each(fire))
        chores.register(DELIVERY, chores.for_each(carry_out))
        register_listener(hear)
        settling.register_listener(hear_changes)
        classes.register("deliveries", Deliveries())
        on_change(hear_service)
