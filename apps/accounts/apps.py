"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users live in their tenant's schema; platform staff in the public one."""

    name = "apps.accounts"

    def ready(self) -> None:
        from apps.accounts import (
            belongings,
            receivers,  # noqa: F401 - listens
            refusals,
        )
        from apps.accounts.api import schema  # noqa: F401 - registers the security schemes
        from apps.accounts.sealed_factors import SealedFactors
        from apps.accounts.services.handing_over import FolderRights, ServiceKeys
        from apps.tenants.consumers import on_foreign_origin
        from apps.vault import resealing

        on_foreign_origin(refusals.note_origin)
        resealing.register(SealedFactors(), public=True)
        belongings.register(ServiceKeys())
        belongings.register(FolderRights())
