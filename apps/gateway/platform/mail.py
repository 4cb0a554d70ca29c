"""Mail to platform staff: what they alone can put right."""

from uuid import UUID

from django.core.mail import send_mail
from django.template.loader import render_to_string

from apps.accounts.models import User
from apps.grants.models import PlatformProvider


def key_refused(provider_id: UUID) -> None:
    """Tell all staff that a provider of the platform refused its key, unless it has another by now."""
    provider = PlatformProvider.objects.filter(
        pk=provider_id, status=PlatformProvider.Status.DISABLED
    ).first()
    if provider is None:
        return
    context = {"provider": provider, "workspaces": provider.grants.count()}
    text = render_to_string("emails/platform_key_refused.txt", context)
    staff = User.objects.filter(is_staff=True, is_active=True).exclude(email="").order_by("pk")
    for address in staff.values_list("email", flat=True):
        send_mail(f"{provider.name} refused the platform's key", text, None, [address])
