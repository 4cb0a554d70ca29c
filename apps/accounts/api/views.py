"""The base of every API view, and the endpoints of members, roles and keys."""

from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from apps.accounts import duties, policies, proof, refusals, services
from apps.accounts.acting import ActingToken
from apps.accounts.api import idempotency
from apps.accounts.api.authentication import ApiKeyAuthentication
from apps.accounts.api.serializers import (
    ApiKeyChangesSerializer,
    ApiKeySerializer,
    InvitationSerializer,
    MemberSerializer,
    MeSerializer,
    NewApiKeySerializer,
    NewInvitationSerializer,
    ShareSerializer,
)
from apps.accounts.api.throttling import PrincipalThrottle
from apps.accounts.exceptions import ProofRequired, SecondFactorOwed, TokenTooLittle
from apps.accounts.filters import FACTORS, STATES, members_in
from apps.accounts.links import invitation_link
from apps.accounts.models import ApiKey, Invitation, StoredAnswer, User, UserQuerySet
from apps.accounts.roles import ANY_MEMBER
from apps.common.errors import Invalid, NotFound, Unauthenticated
from apps.common.parsing import MAX_BODY
from apps.common.problems import as_domain_error

M = TypeVar("M", bound=Model)
MEMBER_FILTERS = [
    OpenApiParameter("q", str, description="A part of the name or e-mail."),
    OpenApiParameter("role", str, description="Held on the workspace, also through a group."),
    OpenApiParameter("group", OpenApiTypes.UUID),
    OpenApiParameter("state", str, enum=list(STATES)),
    OpenApiParameter("factor", str, enum=list(FACTORS), description="A second factor."),
]
HEIR = OpenApiParameter(
    "heir", OpenApiTypes.UUID, description="The member who takes over what they look after."
)


class HasDeclaredPermission(BasePermission):
    """Ask for what the view declares for this method; what is not declared is refused."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.user, User):
            raise Unauthenticated
        if request.auth is None:  # by session
            self._check_session(request, request.user, view)
        elif isinstance(request.auth, ActingToken) and self._asks_proof(request, view):
            raise TokenTooLittle
        declared: Mapping[str, str] = getattr(view, "permission_required", {})
        needed = declared.get(request.method or "")
        return needed is not None and policies.holds_anywhere(request.user, needed)

    def _check_session(self, request: Request, user: User, view: APIView) -> None:
        """Raise SecondFactorOwed, and ProofRequired for what asks for a fresh proof."""
        if duties.is_overdue(user, request.session):
            raise SecondFactorOwed
        if self._asks_proof(request, view) and not proof.is_fresh(request.session):
            raise ProofRequired

    def _asks_proof(self, request: Request, view: APIView) -> bool:
        return request.method in getattr(view, "proof_required", ())


class TenantAPIView(APIView):
    """Key or session, declared permission, throttle and Idempotency-Key."""

    authentication_classes = [ApiKeyAuthentication, SessionAuthentication]
    permission_classes = [HasDeclaredPermission]
    throttle_classes = [PrincipalThrottle]
    permission_required: ClassVar[Mapping[str, str]] = {}
    proof_required: ClassVar[Collection[str]] = ()  # methods; keys prove themselves each time
    shows_secret = False
    keeps_answers = True  # False where a repeated POST does no harm
    max_body = MAX_BODY  # of JSON, in bytes
    _stored: StoredAnswer | None = None

    @property
    def actor(self) -> User:
        """The authenticated user."""
        user = self.request.user
        assert isinstance(user, User)
        return user

    def asked(
        self, shape: type[Serializer[Any]], *, partial: bool = False, **context: Any
    ) -> dict[str, Any]:
        """Return what the body asks for, in the shape of a serializer. Raises ValidationError."""
        context = {"request": self.request, **context}
        serializer = shape(data=self.request.data, partial=partial, context=context)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if idempotency.HEADER in request.headers:
            _ = request.body  # else the check of a session's CSRF token reads it away
        super().initial(request, *args, **kwargs)
        if request.method == "POST" and self.keeps_answers:
            stored = idempotency.begin(request, self.actor)
            if stored is not None and stored.status is not None:
                raise _Replay(stored)
            self._stored = stored

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, _Replay):
            answer = Response(exc.stored.body, status=exc.stored.status)
            answer["Idempotency-Replayed"] = "true"
            return answer
        self._note_refusal(exc)
        try:
            return super().handle_exception(exc)
        except Exception:
            if self._stored is not None:  # a repeat may succeed
                self._stored.delete()
            raise

    def _note_refusal(self, exc: Exception) -> None:
        user = getattr(self.request, "_user", None)  # asking anew could fail anew
        refused = as_domain_error(exc)
        if user is None and isinstance(exc, PermissionDenied):  # a session without its page's token
            refusals.note_forgery(self.request, str(exc.detail))
        if not isinstance(user, User) or refused is None:
            return
        if refused.status == HTTPStatus.FORBIDDEN and not isinstance(exc, ProofRequired):
            refusals.note_request(self.request, user, refused.code)
        elif isinstance(exc, Throttled):
            refusals.note_limit(self.request, user)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        for name, value in getattr(request, "rate_limit", {}).items():
            answer[f"X-RateLimit-{name}"] = str(int(value))
        if self._stored is not None:
            idempotency.finish(self._stored, answer, secret=self.shows_secret)
        return answer


class TenantViewSet(TenantAPIView, viewsets.GenericViewSet[M]):
    """A view set whose objects are the ones that the actor may see."""

    def get_queryset(self) -> QuerySet[M]:
        queryset = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return queryset.none()
        return policies.visible(self.actor, queryset)


class _Replay(Exception):
    """The answer is known already."""

    def __init__(self, stored: StoredAnswer) -> None:
        self.stored = stored


class MeView(TenantAPIView):
    """Whoever is calling."""

    permission_required = {"GET": ANY_MEMBER}

    @extend_schema(responses=MeSerializer, operation_id="me")
    def get(self, request: Request) -> Response:
        """Return the caller and what they may do on the workspace."""
        return Response(MeSerializer(self.actor).data)


class MemberViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet[User]):
    """The people of the workspace."""

    queryset = User.objects.members().with_roles()
    serializer_class = MemberSerializer
    permission_required = {
        "GET": "member.view",
        "PATCH": "member.manage",
        "DELETE": "member.manage",
    }
    proof_required = ("PATCH", "DELETE")

    @extend_schema(parameters=MEMBER_FILTERS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the people, the newest first."""
        return super().list(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[User]:
        people = super().get_queryset()
        assert isinstance(people, UserQuerySet)
        return members_in(people, self.request.query_params) if self.action == "list" else people

    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a member's role, or suspend and resume them."""
        member = self.get_object()
        serializer = MemberSerializer(member, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changes = serializer.validated_data
        if "role" in changes:
            services.change_role(member, role=changes["role"], actor=self.actor)
        if "is_active" in changes:
            active, heir = changes["is_active"], self._member(changes.get("heir"))
            services.set_active(member, active=active, actor=self.actor, heir=heir)
        return Response(MemberSerializer(User.objects.get(pk=member.pk)).data)

    @extend_schema(parameters=[HEIR], responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Remove a member; what they look after goes to the heir, if one is named."""
        heir = self._member(request.query_params.get("heir"))
        services.remove_member(self.get_object(), actor=self.actor, heir=heir)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(parameters=[HEIR], responses=ShareSerializer(many=True), filters=False)
    @action(detail=True, methods=["GET"], pagination_class=None)
    def belongings(self, request: Request, pk: str) -> Response:
        """Return what a member looks after, and what of it an heir could take over."""
        heir = self._member(request.query_params.get("heir"))
        shares = services.preview(self.get_object(), heir, actor=self.actor)
        return Response(ShareSerializer(shares, many=True).data)

    def _member(self, user_id: UUID | str | None) -> User | None:
        """Return the member of an id, none without one. Raises Invalid."""
        if not user_id:
            return None
        try:
            members: QuerySet[User] = User.objects.members()
            return policies.find(self.actor, members, pk=UUID(str(user_id)))
        except (ValueError, NotFound):
            raise Invalid.at("heir", "This is no id of a member.") from None


class InvitationViewSet(mixins.ListModelMixin, TenantViewSet[Invitation]):
    """Open invitations."""

    queryset = Invitation.objects.unanswered().select_related("role", "invited_by")
    serializer_class = InvitationSerializer
    permission_required = {
        "GET": "member.manage",
        "POST": "member.manage",
        "DELETE": "member.manage",
    }
    proof_required = ("POST",)

    @extend_schema(request=NewInvitationSerializer, responses={201: InvitationSerializer})
    def create(self, request: Request) -> Response:
        """Invite somebody by e-mail."""
        asked = self.asked(NewInvitationSerializer)
        invitation = services.invite_member(
            **asked, actor=self.actor, link=invitation_link(request)
        )
        return Response(InvitationSerializer(invitation).data, status=HTTPStatus.CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Withdraw an invitation."""
        services.revoke_invitation(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)


class ApiKeyViewSet(mixins.ListModelMixin, TenantViewSet[ApiKey]):
    """API keys: everybody's own, and all of them for who may manage keys."""

    queryset = ApiKey.objects.select_related("role", "user")
    serializer_class = ApiKeySerializer
    shows_secret = True
    permission_required = dict.fromkeys(("GET", "POST", "PATCH", "DELETE"), "api_key.use")
    proof_required = ("POST", "PATCH")

    @extend_schema(request=NewApiKeySerializer, responses={201: NewApiKeySerializer})
    def create(self, request: Request) -> Response:
        """Make a key that acts as you, or as a program; its text is in this answer and never again."""
        asked = self.asked(NewApiKeySerializer)
        if asked.pop("for_program"):
            key, text = services.create_service_key(**asked, actor=self.actor)
        else:
            key, text = services.create_api_key(**asked, user=self.actor, actor=self.actor)
        body = {**ApiKeySerializer(key).data, "key": text}
        return Response(body, status=HTTPStatus.CREATED)

    @extend_schema(request=ApiKeyChangesSerializer, responses=ApiKeySerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change name, end and from where it is accepted; its secret stays the same."""
        key = self.get_object()
        asked = self.asked(ApiKeyChangesSerializer)
        wanted = {"name": key.name, "expires_at": key.expires_at, **asked}
        services.change_api_key(key, actor=self.actor, **wanted)
        return Response(ApiKeySerializer(key).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Revoke a key."""
        services.revoke_api_key(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)
