"""The identity app."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Lets companies sign their people in through their own identity provider."""

    name = "apps.identity"

    def ready(self) -> None:
        from apps.accounts import entrance
        from apps.identity import policies  # noqa: F401 - registers
        from apps.identity.gate import CompanyGate
        from apps.identity.telling import KINDS
        from apps.notifications import kinds

        entrance.register(CompanyGate())
        kinds.register(*KINDS)
