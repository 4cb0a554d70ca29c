"""Endpoints of the library of prompts."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policies
from apps.accounts.api.views import TenantAPIView, TenantViewSet
from apps.common.errors import Invalid
from apps.gateway.api.prompt_serializers import (
    LabelChangeSerializer,
    LabelSerializer,
    NewPromptSerializer,
    NewVersionSerializer,
    PromptChangeSerializer,
    PromptSerializer,
    PromptVersionSerializer,
    SectionSerializer,
)
from apps.gateway.models import Prompt, PromptQuerySet, PromptVersion
from apps.gateway.prompts import services
from apps.gateway.prompts.differing import sections
from apps.gateway.prompts.filters import filtered

EDITED: dict[str, str] = {
    "GET": "prompt.view",
    "POST": "prompt.edit",
    "PATCH": "prompt.edit",
    "PUT": "prompt.edit",
    "DELETE": "prompt.edit",
}
FILTERS = [
    OpenApiParameter("q", str, description="A part of the name or of its newest words."),
    OpenApiParameter("label", str, description="Prompts that have this label."),
]
COMPARED = [OpenApiParameter(name, int, required=True) for name in ("from", "to")]


class PromptViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet[Prompt]):
    """Prompts of the library: what each says is in its versions, which never change."""

    queryset = Prompt.objects.prefetch_related("labels__version")
    serializer_class = PromptSerializer
    lookup_field = "slug"
    permission_required: ClassVar = EDITED

    def get_queryset(self) -> QuerySet[Prompt]:
        queryset = super().get_queryset()
        if self.action != "list":
            return queryset
        assert isinstance(queryset, PromptQuerySet)
        return filtered(queryset, self.request.query_params)

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the prompts, the newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewPromptSerializer, responses={201: PromptSerializer})
    def create(self, request: Request) -> Response:
        """Make a prompt with its first version."""
        made = services.create_prompt(actor=self.actor, **self.asked(NewPromptSerializer))
        return Response(PromptSerializer(made).data, status=HTTPStatus.CREATED)

    @extend_schema(request=PromptChangeSerializer, responses=PromptSerializer)
    def partial_update(self, request: Request, slug: str) -> Response:
        """Change name and description; the slug stays."""
        prompt = self.get_object()
        changes = self.asked(PromptChangeSerializer)
        services.change_prompt(prompt, actor=self.actor, changes=changes)
        return Response(PromptSerializer(self.get_object()).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, slug: str) -> Response:
        """Remove a prompt that no workflow uses."""
        services.delete_prompt(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(
        parameters=COMPARED, responses=SectionSerializer(many=True), operation_id="prompt_diff"
    )
    @action(detail=True, methods=["GET"], pagination_class=None)
    def diff(self, request: Request, slug: str) -> Response:
        """Compare two versions, line by line."""
        prompt = self.get_object()
        found = [services.version_of(prompt, _number(request, name)) for name in ("from", "to")]
        before, after = (each.content for each in found)
        return Response(SectionSerializer(sections(before, after), many=True).data)


class PromptVersionsView(TenantViewSet[PromptVersion]):
    """The versions of one prompt."""

    queryset = PromptVersion.objects.prefetch_related("labels")
    serializer_class = PromptVersionSerializer
    permission_required: ClassVar = EDITED

    @extend_schema(responses=PromptVersionSerializer(many=True))
    def list(self, request: Request, slug: str) -> Response:
        """List what a prompt said, newest first."""
        prompt = policies.find(self.actor, Prompt.objects.all(), slug=slug)
        page = self.paginate_queryset(self.get_queryset().filter(prompt=prompt))
        return self.get_paginated_response(PromptVersionSerializer(page, many=True).data)

    @extend_schema(request=NewVersionSerializer, responses={201: PromptVersionSerializer})
    def create(self, request: Request, slug: str) -> Response:
        """Add a version, which is the newest from then on."""
        prompt = policies.find(self.actor, Prompt.objects.all(), slug=slug)
        made = services.add_version(prompt, actor=self.actor, **self.asked(NewVersionSerializer))
        return Response(PromptVersionSerializer(made).data, status=HTTPStatus.CREATED)

    @extend_schema(responses=PromptVersionSerializer)
    def retrieve(self, request: Request, slug: str, number: int) -> Response:
        """Return one version."""
        prompt = policies.find(self.actor, Prompt.objects.all(), slug=slug)
        return Response(PromptVersionSerializer(services.version_of(prompt, number)).data)


class PromptLabelView(TenantAPIView):
    """One label of a prompt."""

    permission_required = {"PUT": "prompt.edit", "DELETE": "prompt.edit"}

    @extend_schema(
        request=LabelChangeSerializer, responses=LabelSerializer, operation_id="prompt_label_set"
    )
    def put(self, request: Request, slug: str, name: str) -> Response:
        """Give a version the label, which it takes from another one."""
        prompt = policies.find(self.actor, Prompt.objects.all(), slug=slug)
        number = self.asked(LabelChangeSerializer)["version"]
        label = services.set_label(prompt, name, actor=self.actor, number=number)
        return Response(LabelSerializer(label).data)

    @extend_schema(responses={204: None}, operation_id="prompt_label_remove")
    def delete(self, request: Request, slug: str, name: str) -> Response:
        """Take the label away, where no workflow asks for it."""
        prompt = policies.find(self.actor, Prompt.objects.all(), slug=slug)
        services.remove_label(prompt, name, actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid.at(name, "Give the number of a version.")
    return int(text)
