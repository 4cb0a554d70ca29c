"""Where people are signed in, and what the workspace asks of sign-ins."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import services
from apps.accounts.api.serializers import NetworksField
from apps.accounts.api.views import TenantAPIView, TenantViewSet
from apps.accounts.filters import own_or_of
from apps.accounts.models import SignIn, SignInRules
from apps.accounts.models.sign_ins import SignInQuerySet
from apps.accounts.roles import ANY_MEMBER
from apps.accounts.session_store import name_of

YEAR_S = 365 * 24 * 3600


class SignInSerializer(serializers.ModelSerializer[SignIn]):
    """A browser in which somebody is signed in."""

    user = serializers.UUIDField(source="user_id")
    is_current = serializers.SerializerMethodField()

    class Meta:
        model = SignIn
        fields = ["id", "user", "browser", "system", "ip", "began_at", "seen_at", "is_current"]
        read_only_fields = fields

    def get_is_current(self, sign_in: SignIn) -> bool:
        key: str | None = self.context["request"].session.session_key
        return sign_in.session_name == name_of(key)


class SignInViewSet(mixins.ListModelMixin, TenantViewSet[SignIn]):
    """Browsers in which people are signed in: one's own, and a member's for who manages members."""

    queryset = SignIn.objects.select_related("user")
    serializer_class = SignInSerializer
    permission_required: ClassVar = {"GET": ANY_MEMBER, "DELETE": ANY_MEMBER}
    proof_required = ("DELETE",)

    def get_queryset(self) -> QuerySet[SignIn]:
        seen = super().get_queryset()
        if self.action != "list":
            return seen
        assert isinstance(seen, SignInQuerySet)
        return own_or_of(self.actor, seen, self.request.query_params.get("user", ""))

    @extend_schema(
        parameters=[
            OpenApiParameter("user", OpenApiTypes.UUID, description="A member's; none: yours.")
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List where somebody is signed in."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Sign somebody out of one browser."""
        services.end_sign_in(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)


class SecondsField(serializers.IntegerField):
    """A length of time, in seconds; within a year, whatever its service allows."""

    default_error_messages: ClassVar = {"too_long": "Give the seconds of a year at most."}

    def to_internal_value(self, data: Any) -> Any:
        seconds = super().to_internal_value(data)
        if abs(seconds) > YEAR_S:
            self.fail("too_long")
        return timedelta(seconds=seconds)

    def to_representation(self, value: Any) -> Any:
        return int(value.total_seconds())


class SignInRulesSerializer(serializers.ModelSerializer[SignInRules]):
    """How long sessions last, in seconds, from where, and who needs a second factor since when."""

    idle = SecondsField(help_text="A session that is not used for so long ends.")
    longest = SecondsField(help_text="A session ends after so long whatever is done.")
    factor_grace = SecondsField(help_text="So long a second factor can be set up later.")
    factor_roles = serializers.ListField(child=serializers.CharField(max_length=80))
    most_sessions = serializers.IntegerField(
        allow_null=True, help_text="So many one person may have at once. None: no limit."
    )
    networks = NetworksField()

    class Meta:
        model = SignInRules
        fields = [
            "idle", "longest", "factor_for", "factor_roles", "factor_grace", "factor_since",
            "most_sessions", "networks",
        ]  # fmt: skip
        read_only_fields = ["factor_since"]


class SignInRulesView(TenantAPIView):
    """What the workspace asks of sign-ins."""

    permission_required: ClassVar = {"GET": "connection.view", "PATCH": "connection.manage"}
    proof_required = ("PATCH",)

    @extend_schema(responses=SignInRulesSerializer, operation_id="sign_in_rules")
    def get(self, request: Request) -> Response:
        """Return the rules of sign-ins."""
        return Response(SignInRulesSerializer(SignInRules.objects.now()).data)

    @extend_schema(
        request=SignInRulesSerializer,
        responses=SignInRulesSerializer,
        operation_id="sign_in_rules_change",
    )
    def patch(self, request: Request) -> Response:
        """Change some of the rules; open sessions follow at once."""
        asked = self.asked(SignInRulesSerializer, partial=True)
        rules = services.change_sign_in_rules(asked, actor=self.actor)
        return Response(SignInRulesSerializer(rules).data)
