"""Endpoints of groups, roles, rights on folders, and of what the caller may do."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policies, services
from apps.accounts.api.rights_serializers import (
    GroupSerializer,
    NewRightSerializer,
    PermissionsSerializer,
    RightSerializer,
    RoleSerializer,
    UserIdSerializer,
)
from apps.accounts.api.serializers import MemberSerializer
from apps.accounts.api.views import TenantAPIView, TenantViewSet
from apps.accounts.filters import ORIGINS, groups_in, roles_in
from apps.accounts.models import Folder, Group, Role, RoleBinding, User
from apps.accounts.models.rights import GroupQuerySet
from apps.accounts.roles import ANY_MEMBER
from apps.common.errors import Invalid, NotFound

BY_NAME = OpenApiParameter("q", str, description="A part of the name.")
MANAGED = {
    "GET": "member.view",
    "POST": "member.manage",
    "PATCH": "member.manage",
    "DELETE": "member.manage",
}
CHANGING = ("POST", "PATCH", "DELETE")  # who holds what: asks for a fresh proof


class MyPermissionsView(TenantAPIView):
    """What the caller may do."""

    permission_required: ClassVar = {"GET": ANY_MEMBER}

    @extend_schema(
        responses=PermissionsSerializer,
        operation_id="me_permissions",
        parameters=[
            OpenApiParameter(
                "object",
                str,
                description="Such as `workflow:<id>` or `folder:<id>`; none: the workspace.",
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """Return what the caller may do where an object lies, or on the whole workspace."""
        named = request.query_params.get("object", "")
        held = self._held_at(named) if named else self.actor.permissions_in()
        return Response({"object": named or None, "permissions": sorted(held)})

    def _held_at(self, named: str) -> frozenset[str]:
        kind, _, key = named.partition(":")
        known = policies.models_by_name()
        if kind not in known:
            raise Invalid.at(
                "object", f"Name one of {', '.join(sorted(known))}, then : and its id."
            )
        try:
            target: Model = policies.find(self.actor, QuerySet(known[kind]), pk=UUID(key))
        except ValueError:
            raise NotFound from None
        return policies.held_at(self.actor, target)


class RoleViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet[Role]):
    """The roles of the workspace and what each allows."""

    queryset = Role.objects.all()
    serializer_class = RoleSerializer
    lookup_field, lookup_url_kwarg, lookup_value_converter = "name", "pk", "slug"
    permission_required: ClassVar = {
        "GET": "member.view",
        "POST": "role.manage",
        "PATCH": "role.manage",
        "DELETE": "role.manage",
    }
    proof_required: ClassVar = CHANGING

    def get_queryset(self) -> QuerySet[Role]:
        roles = super().get_queryset()
        return roles_in(roles, self.request.query_params) if self.action == "list" else roles

    @extend_schema(parameters=[BY_NAME, OpenApiParameter("origin", str, enum=list(ORIGINS))])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the roles: those that come with every workspace, and its own."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={201: RoleSerializer})
    def create(self, request: Request) -> Response:
        """Make a role, with no more than you may do yourself."""
        role = services.create_role(actor=self.actor, **self.asked(RoleSerializer))
        return Response(RoleSerializer(role).data, status=HTTPStatus.CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Let a role of the workspace's own allow other things, or call it otherwise."""
        role = self.get_object()
        serializer = RoleSerializer(role, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        services.change_custom_role(role, actor=self.actor, **serializer.validated_data)
        return Response(RoleSerializer(self.get_object()).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a role that nobody holds."""
        services.delete_role(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)


class GroupViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet[Group]):
    """Groups and the roles that their people share."""

    queryset = Group.objects.counted()
    serializer_class = GroupSerializer
    permission_required: ClassVar = MANAGED
    proof_required: ClassVar = CHANGING

    def get_queryset(self) -> QuerySet[Group]:
        groups = super().get_queryset()
        assert isinstance(groups, GroupQuerySet)
        return groups_in(groups, self.request.query_params) if self.action == "list" else groups

    @extend_schema(parameters=[BY_NAME, OpenApiParameter("role", str)])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the groups, the newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={201: GroupSerializer})
    def create(self, request: Request) -> Response:
        """Make a group, with a role on the whole workspace or none."""
        group = services.create_group(actor=self.actor, **self.asked(GroupSerializer))
        return Response(self._shown(group), status=HTTPStatus.CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        """Call a group otherwise, or let its people hold another role."""
        group = self.get_object()
        serializer = GroupSerializer(group, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changes = serializer.validated_data
        if "name" in changes:
            services.rename_group(group, name=changes["name"], actor=self.actor)
        if "role" in changes:
            services.set_group_role(group, role=changes["role"], actor=self.actor)
        return Response(self._shown(group))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a group; its people lose what they held through it."""
        services.delete_group(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)

    def _shown(self, group: Group) -> Any:
        return GroupSerializer(Group.objects.counted().get(pk=group.pk)).data


class GroupMembersView(mixins.ListModelMixin, TenantViewSet[User]):
    """The people of one group."""

    queryset = User.objects.with_roles()
    serializer_class = MemberSerializer
    permission_required: ClassVar = MANAGED
    proof_required: ClassVar = CHANGING

    def get_queryset(self) -> QuerySet[User]:
        return super().get_queryset().filter(in_groups=self.kwargs.get("pk"))

    @extend_schema(operation_id="group_members")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the people of a group."""
        self._group(kwargs["pk"])
        return super().list(request, *args, **kwargs)

    @extend_schema(request=UserIdSerializer, responses={204: None}, operation_id="group_member_add")
    def create(self, request: Request, pk: UUID) -> Response:
        """Let somebody hold what the group holds."""
        asked = self.asked(UserIdSerializer)
        user = self._person(asked["user"])
        services.add_to_group(self._group(pk), user, actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(responses={204: None}, operation_id="group_member_remove")
    def destroy(self, request: Request, pk: UUID, user_id: UUID) -> Response:
        """Take somebody out of a group."""
        services.remove_from_group(self._group(pk), self._person(user_id), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)

    def _group(self, pk: UUID) -> Group:
        return policies.find(self.actor, Group.objects.all(), pk=pk)

    def _person(self, pk: UUID) -> User:
        person: User = policies.find(self.actor, User.objects.filter(removed_at=None), pk=pk)
        return person


class FolderRightsView(mixins.ListModelMixin, TenantViewSet[RoleBinding]):
    """The roles that are held on one folder."""

    queryset = RoleBinding.objects.select_related("role", "user", "group", "folder")
    serializer_class = RightSerializer
    permission_required: ClassVar = MANAGED
    proof_required: ClassVar = CHANGING

    def get_queryset(self) -> QuerySet[RoleBinding]:
        return super().get_queryset().filter(folder=self.kwargs.get("pk"))

    @extend_schema(operation_id="folder_rights")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List who holds which role on this folder; roles on the workspace count beside them."""
        self._folder(kwargs["pk"])
        return super().list(request, *args, **kwargs)

    @extend_schema(
        request=NewRightSerializer,
        responses={201: RightSerializer},
        operation_id="folder_right_give",
    )
    def create(self, request: Request, pk: UUID) -> Response:
        """Let a person or a group hold a role on this folder and what lies in it."""
        folder = self._folder(pk)
        asked = self.asked(NewRightSerializer)
        right = services.give_right(
            folder, self._holder(asked), role=asked["role"], actor=self.actor
        )
        return Response(RightSerializer(right).data, status=HTTPStatus.CREATED)

    @extend_schema(responses={204: None}, operation_id="folder_right_take")
    def destroy(self, request: Request, pk: UUID, right_id: UUID) -> Response:
        """Take a role on this folder away."""
        right = policies.find(self.actor, self.get_queryset(), pk=right_id)
        services.take_right(right, actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)

    def _folder(self, pk: UUID) -> Folder:
        return policies.find(self.actor, Folder.objects.all(), pk=pk)

    def _holder(self, asked: dict[str, Any]) -> User | Group:
        if "group" in asked:
            return policies.find(self.actor, Group.objects.all(), pk=asked["group"])
        present = User.objects.filter(removed_at=None)
        person: User = policies.find(self.actor, present, pk=asked["user"])
        return person
