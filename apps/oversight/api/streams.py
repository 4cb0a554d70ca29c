"""Endpoints of streams: where the trail is sent to."""

from http import HTTPStatus
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantViewSet
from apps.common.types import JSONDict
from apps.oversight import streams
from apps.oversight.models import Stream


class LagSerializer(serializers.Serializer[Any]):
    """How far a stream is behind."""

    entries = serializers.IntegerField()
    oldest = serializers.DateTimeField(allow_null=True)


class StreamSerializer(serializers.ModelSerializer[Stream]):
    """A place that the trail is sent to; its secret is never told."""

    kind = serializers.CharField(read_only=True, help_text="`webhook`, `syslog` or `s3`.")
    config = serializers.DictField(read_only=True)
    state = serializers.CharField(read_only=True, help_text="`active`, `retrying` or `paused`.")
    lag = serializers.SerializerMethodField()

    class Meta:
        model = Stream
        fields = [
            "id", "name", "kind", "config", "state", "cursor", "lag", "sent", "missed", "sent_at",
            "failures", "error", "failed_at", "paused_at", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(LagSerializer)
    def get_lag(self, stream: Stream) -> JSONDict:
        told: JSONDict = LagSerializer(streams.lag_of(stream)).data
        return told


class NewStreamSerializer(serializers.Serializer[Any]):
    """Where the trail is to be sent; what the config holds depends on the kind."""

    name = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(choices=["webhook", "syslog", "s3"])
    config = serializers.DictField(
        help_text="webhook: url. syslog: host, port, tls. s3: endpoint, region, bucket, folder, access_key."
    )
    secret = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=500, write_only=True
    )
    from_beginning = serializers.BooleanField(default=False)
    untested = serializers.BooleanField(
        default=False, help_text="Keep it also if the test entry does not arrive."
    )


class TestedSerializer(serializers.Serializer[Any]):
    """What came of a test entry."""

    arrived = serializers.BooleanField()
    problem = serializers.CharField(allow_blank=True)


class StreamViewSet(mixins.ListModelMixin, TenantViewSet[Stream]):
    """Where the trail is sent to: each entry at least once, in the order of the chain."""

    queryset = Stream.objects.all()
    serializer_class = StreamSerializer
    permission_required: ClassVar = {
        "GET": "audit.view",
        "POST": "audit.manage",
        "DELETE": "audit.manage",
    }
    proof_required = ("POST", "DELETE")

    @extend_schema()
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List streams, the newest first, each with how far it is behind."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=StreamSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a stream."""
        return Response(StreamSerializer(self.get_object()).data)

    @extend_schema(request=NewStreamSerializer, responses={201: StreamSerializer})
    def create(self, request: Request) -> Response:
        """Send the trail somewhere; a test entry goes first."""
        stream = streams.create_stream(actor=self.actor, **self.asked(NewStreamSerializer))
        return Response(StreamSerializer(stream).data, status=HTTPStatus.CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Stop sending, and forget the stream with its secret."""
        streams.delete_stream(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(request=None, responses=StreamSerializer)
    @action(detail=True, methods=["POST"])
    def pause(self, request: Request, pk: str) -> Response:
        """Send nothing until it is resumed; nothing is lost in between."""
        stream = streams.pause_stream(self.get_object(), actor=self.actor)
        return Response(StreamSerializer(stream).data)

    @extend_schema(request=None, responses=StreamSerializer)
    @action(detail=True, methods=["POST"])
    def resume(self, request: Request, pk: str) -> Response:
        """Go on where it stopped; what waits for its next try is tried at once."""
        stream = streams.resume_stream(self.get_object(), actor=self.actor)
        return Response(StreamSerializer(stream).data)

    @extend_schema(request=None, responses=TestedSerializer)
    @action(detail=True, methods=["POST"])
    def test(self, request: Request, pk: str) -> Response:
        """Send a test entry, and say whether it arrived."""
        problem = streams.test_stream(self.get_object(), actor=self.actor)
        return Response({"arrived": not problem, "problem": problem})
