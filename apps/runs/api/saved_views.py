"""Endpoints of saved views of the list of runs."""

from http import HTTPStatus
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantViewSet
from apps.runs import services
from apps.runs.models import SavedView
from apps.runs.models.saved_views import LONGEST_NAME
from apps.runs.services.saved_views import may_change


class FiltersField(serializers.DictField):
    """Filters by the names of the parameters of the list of runs, each as text."""

    child = serializers.CharField(allow_blank=True)


class SavedViewSerializer(serializers.ModelSerializer[SavedView]):
    """Filters under a name; `filters` are parameters of the list of runs."""

    filters = FiltersField()
    owner = serializers.CharField(
        allow_null=True, help_text="Nobody where whose shared view it was has left."
    )
    is_mine = serializers.SerializerMethodField()
    may_change = serializers.SerializerMethodField()

    class Meta:
        model = SavedView
        fields = [
            "id", "name", "filters", "is_shared", "owner", "is_mine", "may_change",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_is_mine(self, view: SavedView) -> bool:
        """Tell whether the caller made it, or took it over."""
        return view.owner_id is not None and view.owner_id == self.context["actor"].pk

    def get_may_change(self, view: SavedView) -> bool:
        """Tell whether the caller may change and delete it."""
        return may_change(view, self.context["actor"])


class NewSavedViewSerializer(serializers.Serializer[Any]):
    """A view of one's own."""

    name = serializers.CharField(max_length=LONGEST_NAME)
    filters = FiltersField(help_text='For example `{"status": "failed", "time": "day"}`.')
    is_shared = serializers.BooleanField(
        required=False, default=False, help_text="Whether everybody in the workspace has it."
    )


class SavedViewChangeSerializer(serializers.Serializer[Any]):
    """What may be changed of a view; what is left out stays."""

    name = serializers.CharField(max_length=LONGEST_NAME, required=False)
    filters = FiltersField(required=False)
    is_shared = serializers.BooleanField(required=False)


class SavedViewViewSet(mixins.ListModelMixin, TenantViewSet[SavedView]):
    """Views of the list of runs: one's own, and those that are shared with the workspace."""

    queryset = SavedView.objects.select_related("owner")
    serializer_class = SavedViewSerializer
    permission_required: ClassVar = dict.fromkeys(("GET", "POST", "PATCH", "DELETE"), "run.view")

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "actor": self.request.user}

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the views, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=SavedViewSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a view."""
        return self._answer(self.get_object())

    @extend_schema(request=NewSavedViewSerializer, responses={201: SavedViewSerializer})
    def create(self, request: Request) -> Response:
        """Keep filters under a name."""
        view = services.save_view(actor=self.actor, **self.asked(NewSavedViewSerializer))
        return self._answer(view, HTTPStatus.CREATED)

    @extend_schema(request=SavedViewChangeSerializer, responses=SavedViewSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Give a view another name or other filters, share it, or share it no more."""
        asked = self.asked(SavedViewChangeSerializer)
        return self._answer(
            services.change_view(self.get_object(), actor=self.actor, changes=asked)
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a view for everybody who sees it; the runs stay."""
        services.remove_view(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)

    def _answer(self, view: SavedView, status: int = HTTPStatus.OK) -> Response:
        return Response(self.get_serializer(view).data, status=status)
