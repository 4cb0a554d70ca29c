"""How platform keys appear in the OpenAPI description, and how that is served."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularJSONAPIView

from apps.operators.models import KIND

description = SpectacularJSONAPIView.as_view(
    permission_classes=[],
    authentication_classes=[],
    urlconf="auterity.urls_admin",
    custom_settings={
        "TITLE": "Auterity platform API",
        "DESCRIPTION": "The workspaces of an installation, for those who run it.",
    },
)


class PlatformKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Platform keys are Bearer tokens."""

    target_class = "apps.operators.api.authentication.PlatformKeyAuthentication"
    name = "platformKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": f"{KIND}_<id>_<secret>"}
