"""Mail to platform staff: what they alone can put right."""

from uuid import UUID

from django.core.mail import send_mail
from django.template.loader import render_to_string

from apps.accounts.models import User
from apps.gateway.targets.granted import Trouble
from apps.grants.models import PlatformProvider

SUBJECTS = {
    Trouble.REFUSED: "{} refused the platform's key",
    Trouble.MONEY: "{} says that the platform's account is empty",
}


def tell(provider_id: UUID, trouble: Trouble) -> None:
    """Tell all staff what a provider of the platform needs, unless that is over by now."""
    provider = PlatformProvider.objects.filter(pk=provider_id).first()
    if provider is None or not _lasts(provider, trouble):
        return
    context = {"provider": provider, "workspaces": provider.grants.count()}
    text = render_to_string(f"emails/platform_{trouble}.txt", context)
    staff = User.objects.filter(is_staff=True, is_active=True).exclude(email="").order_by("pk")
    for address in staff.values_list("email", flat=True):
        send_mail(SUBJECTS[trouble].format(provider.name), text, None, [address])


def _lasts(provider: PlatformProvider, trouble: Trouble) -> bool:
    """Tell whether staff still have something to do: a refused key may have been replaced."""
    is_disabled = provider.status == PlatformProvider.Status.DISABLED
    return is_disabled if trouble == Trouble.REFUSED else not is_disabled
