"""The identity app."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Lets companies sign their people in through their own identity provider."""

    name = "apps.identity"

    def ready(self) -> None:
        from apps.accounts import bearers, entrance, sources
        from apps.dispatch import chores
        from apps.identity import policies  # noqa: F401 - registers
        from apps.identity.api_access.bearing import ProvidersTokens
        from apps.identity.gate import CompanyGate
        from apps.identity.granting import FollowedMembers
        from apps.identity.models import Connection, SigningKey
        from apps.identity.saml.watching import CHORE
        from apps.identity.tasks import look_at_connections
        from apps.identity.telling import KINDS
        from apps.notifications import kinds
        from apps.vault.resealing import register_column

        register_column(Connection, "sealed_secret", lambda each: each.seal_context)
        register_column(Connection, "sealed_waiting_secret", lambda each: each.seal_context)
        register_column(SigningKey, "sealed_key", lambda each: each.seal_context)
        entrance.register(CompanyGate())
        bearers.register(ProvidersTokens())
        sources.register(FollowedMembers())
        kinds.register(*KINDS)
        chores.register(CHORE, chores.for_all(look_at_connections))
