"""Where workspaces are reached from outside, for mails and for ways from site to site."""

from django.conf import settings

from apps.tenants.models import Tenant


def site_url(host: str) -> str:
    """Return the root of a host: https in production, else with the port that we listen on."""
    return f"https://{host}" if settings.PRODUCTION else f"http://{host}:{settings.PORT}"


def public_url() -> str:
    """Return the root of the public site."""
    return site_url(f"www.{settings.BASE_DOMAIN}")


def admin_url() -> str:
    """Return the root of the platform staff's site."""
    return site_url(f"admin.{settings.BASE_DOMAIN}")


def workspace_url(tenant: Tenant) -> str:
    """Return the root of a workspace's own site."""
    return site_url(tenant.host)


def demo_url() -> str:
    """Return the shortest address of the demo workspace: plain `localhost` where that shows it."""
    if settings.BASE_DOMAIN == "localhost":
        return site_url("localhost")
    return site_url(f"{settings.DEMO_TENANT}.{settings.BASE_DOMAIN}")
