"""Endpoints of comments."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView, TenantViewSet
from apps.comments import people, services
from apps.comments.api.serializers import (
    CommentSerializer,
    NewThreadSerializer,
    PeopleSerializer,
    ThreadSerializer,
    WordsSerializer,
)
from apps.comments.filters import FLAGS, STATES, filtered
from apps.comments.models import Comment, Thread, ThreadQuerySet
from apps.common.pagination import CursorPagination
from apps.workflows.services import find_workflow

RIGHTS = {
    "GET": "workflow.view",
    "POST": "workflow.comment",
    "PATCH": "workflow.comment",
    "DELETE": "workflow.comment",
}
FILTERS = [
    OpenApiParameter("state", str, enum=STATES, description="All by default."),
    OpenApiParameter("mine", str, enum=FLAGS, description="In which you take part."),
    OpenApiParameter("unread", str, enum=FLAGS),
    OpenApiParameter("node", str, description="The id of a step."),
    OpenApiParameter("q", str, description="A part of a comment, of a step's title or of a name."),
]


class LastSaidFirst(CursorPagination):
    """Threads by their newest comment."""

    ordering = ("-last_at", "-id")


class InOrder(CursorPagination):
    """Comments as they were said."""

    ordering = ("created_at", "id")


class _ThreadView(TenantViewSet[Thread]):
    queryset = Thread.objects.all()
    serializer_class = ThreadSerializer
    permission_required: ClassVar = RIGHTS

    def answer(self, thread: Thread, status: int = HTTPStatus.OK) -> Response:
        """Return a thread as the caller sees it now."""
        shown = Thread.objects.shown_to(self.actor).get(pk=thread.pk)
        return Response(ThreadSerializer(shown).data, status=status)


class WorkflowThreadsView(mixins.ListModelMixin, _ThreadView):
    """The threads of one workflow."""

    pagination_class = LastSaidFirst

    def get_queryset(self) -> QuerySet[Thread]:
        threads = super().get_queryset().filter(workflow=self.kwargs.get("pk"))
        if getattr(self, "swagger_fake_view", False):
            return threads
        assert isinstance(threads, ThreadQuerySet)
        return filtered(threads, self.request.query_params, self.actor)

    @extend_schema(parameters=FILTERS, operation_id="workflow_comment_threads")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List threads, those with the newest comments first."""
        find_workflow(kwargs["pk"], actor=self.actor)
        return super().list(request, *args, **kwargs)

    @extend_schema(
        request=NewThreadSerializer,
        responses={201: ThreadSerializer},
        operation_id="workflow_comment_thread_begin",
    )
    def create(self, request: Request, pk: UUID) -> Response:
        """Begin a thread at a step or at a point of the canvas."""
        asked = self.asked(NewThreadSerializer)
        at = (asked["at"][0], asked["at"][1]) if asked["at"] else None
        thread = services.begin_thread(
            find_workflow(pk, actor=self.actor),
            actor=self.actor,
            anchor=services.Anchor(asked["node"], asked["field"], at),
            text=asked["text"],
            mentions=asked["mentions"],
        )
        return self.answer(thread, HTTPStatus.CREATED)


class WorkflowReadView(_ThreadView):
    """Having read all of a workflow's threads."""

    permission_required: ClassVar = {"POST": "workflow.view"}

    @extend_schema(request=None, responses={204: None}, operation_id="workflow_comments_read")
    def create(self, request: Request, pk: UUID) -> Response:
        """Note that you have read everything that is said of a workflow."""
        workflow = find_workflow(pk, actor=self.actor)
        services.mark_read(self.get_queryset().filter(workflow=workflow), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)


class MentionableView(TenantAPIView):
    """Whom one can mention in a workflow's comments."""

    permission_required: ClassVar = {"GET": "workflow.comment"}

    @extend_schema(
        responses=PeopleSerializer,
        operation_id="workflow_mentionable",
        parameters=[OpenApiParameter("q", str, description="A part of the name or e-mail.")],
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """Return members who may see the workflow, at most twenty, by name."""
        workflow = find_workflow(pk, actor=self.actor)
        found = people.offered(workflow, text=request.query_params.get("q", ""))
        return Response(PeopleSerializer({"results": found}).data)


class ThreadViewSet(_ThreadView):
    """One thread."""

    @extend_schema(responses=ThreadSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a thread; what was said in it is under `comments/`."""
        return self.answer(self.get_object())

    @extend_schema(request=None, responses=ThreadSerializer)
    @action(detail=True, methods=["POST"])
    def resolve(self, request: Request, pk: str) -> Response:
        """Be done with a thread; repeating changes nothing."""
        return self.answer(services.resolve_thread(self.get_object(), actor=self.actor))

    @extend_schema(request=None, responses=ThreadSerializer)
    @action(detail=True, methods=["POST"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Take a thread up again; repeating changes nothing."""
        return self.answer(services.reopen_thread(self.get_object(), actor=self.actor))


class ThreadReadView(_ThreadView):
    """Having read one thread."""

    permission_required: ClassVar = {"POST": "workflow.view"}

    @extend_schema(
        request=None, responses={200: ThreadSerializer}, operation_id="comment_thread_read"
    )
    def create(self, request: Request, pk: UUID) -> Response:
        """Note that you have read a thread up to its newest comment."""
        thread = services.find_thread(pk, actor=self.actor)
        services.mark_read(Thread.objects.filter(pk=thread.pk), actor=self.actor)
        return self.answer(thread)


class CommentsView(mixins.ListModelMixin, TenantViewSet[Comment]):
    """What is said in one thread."""

    queryset = Comment.objects.with_people()
    serializer_class = CommentSerializer
    pagination_class = InOrder
    permission_required: ClassVar = RIGHTS

    def get_queryset(self) -> QuerySet[Comment]:
        return super().get_queryset().filter(thread=self.kwargs.get("pk"))

    @extend_schema(operation_id="thread_comments")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the comments of a thread, the oldest first."""
        services.find_thread(kwargs["pk"], actor=self.actor)
        return super().list(request, *args, **kwargs)

    @extend_schema(
        request=WordsSerializer, responses={201: CommentSerializer}, operation_id="thread_reply"
    )
    def create(self, request: Request, pk: UUID) -> Response:
        """Go on with a thread; one that was resolved is open again."""
        thread = services.find_thread(pk, actor=self.actor)
        comment = services.reply(thread, actor=self.actor, **self.asked(WordsSerializer))
        return Response(CommentSerializer(comment).data, status=HTTPStatus.CREATED)

    @extend_schema(
        request=WordsSerializer, responses=CommentSerializer, operation_id="comment_change"
    )
    def partial_update(self, request: Request, pk: UUID, comment_id: UUID) -> Response:
        """Say your own comment in other words; who is mentioned newly is told."""
        comment = self._found(pk, comment_id)
        changed = services.change_comment(comment, actor=self.actor, **self.asked(WordsSerializer))
        return Response(CommentSerializer(changed).data)

    @extend_schema(responses={204: None}, operation_id="comment_delete")
    def destroy(self, request: Request, pk: UUID, comment_id: UUID) -> Response:
        """Delete your own comment, or as an admin anybody's; the last one takes the thread along."""
        services.delete_comment(self._found(pk, comment_id), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)

    def _found(self, pk: UUID, comment_id: UUID) -> Comment:
        thread = services.find_thread(pk, actor=self.actor)
        return services.find_comment(thread, comment_id, actor=self.actor)
