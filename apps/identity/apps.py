"""The identity app."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Lets companies sign their people in through their own identity provider."""

    name = "apps.identity"

    def ready(self) -> None:
        from apps.accounts import bearers, entrance
        from apps.dispatch import chores
        from apps.identity import policies  # noqa: F401 - registers
        from apps.identity.api_access.bearing import ProvidersTokens
        from apps.identity.gate import CompanyGate
        from apps.identity.saml.watching import CHORE
        from apps.identity.tasks import call_look
        from apps.identity.telling import KINDS
        from apps.notifications import kinds

        entrance.register(CompanyGate())
        bearers.register(ProvidersTokens())
        kinds.register(*KINDS)
        chores.register(CHORE, call_look)
