"""Endpoints by which runs are controlled."""

from http import HTTPStatus

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantViewSet
from apps.runs import services
from apps.runs.api.requests import (
    ManySerializer,
    MovedSerializer,
    MoveSerializer,
    RerunSerializer,
    ResultsSerializer,
    RetrySerializer,
    SettlementSerializer,
)
from apps.runs.api.serializers import WholeRunSerializer
from apps.runs.models import Run
from apps.runs.searching import filtered


class RunControl(TenantViewSet[Run]):
    """What may still be done about a run."""

    @extend_schema(request=None, responses=WholeRunSerializer)
    @action(detail=True, methods=["POST"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop a run: no step starts any more, running ones are told to stop."""
        return self._answer(services.cancel_run(self.get_object(), actor=self.actor))

    @extend_schema(request=None, responses=WholeRunSerializer)
    @action(detail=True, methods=["POST"])
    def terminate(self, request: Request, pk: str) -> Response:
        """End a run at once; what its running steps still do is discarded."""
        return self._answer(services.terminate_run(self.get_object(), actor=self.actor))

    @extend_schema(request=None, responses=WholeRunSerializer)
    @action(detail=True, methods=["POST"])
    def pause(self, request: Request, pk: str) -> Response:
        """Hold a run after the steps that are running."""
        return self._answer(services.pause_run(self.get_object(), actor=self.actor))

    @extend_schema(request=None, responses=WholeRunSerializer)
    @action(detail=True, methods=["POST"])
    def resume(self, request: Request, pk: str) -> Response:
        """Let a paused run go on."""
        return self._answer(services.resume_run(self.get_object(), actor=self.actor))

    @extend_schema(request=RetrySerializer, responses={201: WholeRunSerializer})
    @action(detail=True, methods=["POST"])
    def retry(self, request: Request, pk: str) -> Response:
        """Start a new run where this one failed, or at `from_node`; finished steps are kept."""
        asked = self.asked(RetrySerializer)
        run = services.retry_run(self.get_object(), actor=self.actor, **asked)
        return self._answer(run, HTTPStatus.CREATED)

    @extend_schema(request=RerunSerializer, responses={201: WholeRunSerializer})
    @action(detail=True, methods=["POST"])
    def rerun(self, request: Request, pk: str) -> Response:
        """Start a new run that does all of this one again, or from, only or until a step."""
        asked = self.asked(RerunSerializer)
        run = services.rerun(self.get_object(), actor=self.actor, **asked)
        return self._answer(run, HTTPStatus.CREATED)

    @extend_schema(request=SettlementSerializer, responses=WholeRunSerializer)
    @action(detail=True, methods=["POST"])
    def attention(self, request: Request, pk: str) -> Response:
        """Answer a run that needs attention: it happened, do it again, or let it fail."""
        asked = self.asked(SettlementSerializer)
        run = services.settle_attention(self.get_object(), actor=self.actor, **asked)
        return self._answer(run)

    @extend_schema(request=MoveSerializer, responses=MovedSerializer)
    @action(detail=True, methods=["POST"])
    def move(self, request: Request, pk: str) -> Response:
        """Let a waiting or paused run go on with a newer version; or say what that would mean."""
        asked = self.asked(MoveSerializer)
        run, version = self.get_object(), asked["version"]
        told = services.preview_move(run, actor=self.actor, version=version).as_json()
        if not asked["dry_run"]:
            services.move_run(run, actor=self.actor, version=version)
        data = {"moved": not asked["dry_run"], **told}
        return Response(MovedSerializer(data).data)

    @extend_schema(request=ManySerializer, responses=ResultsSerializer, operation_id="run_bulk")
    @action(detail=False, methods=["POST"], pagination_class=None, filter_backends=[])
    def bulk(self, request: Request) -> Response:
        """Cancel, resume or retry up to 500 runs; the answer tells what became of each."""
        asked = self.asked(ManySerializer)
        among = filtered(Run.objects.all(), asked["filter"]) if "filter" in asked else None
        results = services.steer_many(
            asked["action"], actor=self.actor, ids=asked.get("ids", ()), among=among
        )
        return Response(ResultsSerializer({"results": results}).data)

    def _answer(self, run: Run, status: int = HTTPStatus.OK) -> Response:
        found = Run.objects.select_related("workflow", "version").get(pk=run.pk)
        return Response(WholeRunSerializer(found).data, status=status)
