"""What the API takes and tells of comments."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.models import User
from apps.comments.models import FURTHEST, LONGEST, NODE_LENGTH, Comment, Thread
from apps.comments.people import MOST_MENTIONED
from apps.common.types import JSONDict
from apps.workflows.presence import identity_of


class CommenterSerializer(serializers.Serializer[User]):
    """Somebody as the others see them; the colour is the same as in the room."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    colour = serializers.CharField()

    def to_representation(self, instance: User) -> JSONDict:
        return identity_of(instance)


class CommentSerializer(serializers.ModelSerializer[Comment]):
    """What one person said; the text of a deleted comment is empty. `author` null: a former member."""

    author = CommenterSerializer(allow_null=True)
    mentions = CommenterSerializer(source="mentioned", many=True)
    deleted = serializers.SerializerMethodField()

    class Meta:
        model = Comment
        fields = ["id", "author", "text", "mentions", "created_at", "edited_at", "deleted"]
        read_only_fields = fields

    def get_deleted(self, comment: Comment) -> bool:
        return comment.deleted_at is not None


class ThreadSerializer(serializers.ModelSerializer[Thread]):
    """A thread: at `node` (perhaps one `field` of it) or at the point `at`, [x, y].

    `detached` says that the step is gone; `node_title` is what it was called last. `first` is the
    oldest comment that was not deleted, `unread` counts what others said since you looked.
    """

    at = serializers.SerializerMethodField()
    detached = serializers.SerializerMethodField()
    resolved = serializers.SerializerMethodField()
    opened_by = CommenterSerializer(allow_null=True)
    resolved_by = CommenterSerializer(allow_null=True)
    comment_count = serializers.IntegerField()
    unread = serializers.IntegerField()
    first = serializers.SerializerMethodField()

    class Meta:
        model = Thread
        fields = [
            "id", "workflow", "node", "field", "node_title", "at", "detached", "resolved",
            "opened_by", "resolved_by", "resolved_at", "created_at", "last_at", "comment_count",
            "unread", "first",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField(), allow_null=True))
    def get_at(self, thread: Thread) -> list[int | None] | None:
        return None if thread.x is None else [thread.x, thread.y]

    def get_detached(self, thread: Thread) -> bool:
        return thread.detached_at is not None

    def get_resolved(self, thread: Thread) -> bool:
        return thread.resolved_at is not None

    @extend_schema_field(CommentSerializer(allow_null=True))
    def get_first(self, thread: Thread) -> JSONDict | None:
        return dict(CommentSerializer(thread.firsts[0]).data) if thread.firsts else None


class WordsSerializer(serializers.Serializer[Any]):
    """What is said, and who is mentioned by it: members who may see the workflow."""

    text = serializers.CharField(max_length=LONGEST, trim_whitespace=False)
    mentions = serializers.ListField(
        child=serializers.UUIDField(), max_length=MOST_MENTIONED, required=False, default=list
    )


class NewThreadSerializer(WordsSerializer):
    """The first word about a step (`node`, and `field` where it is about one of its settings) or about a point."""

    node = serializers.CharField(
        max_length=NODE_LENGTH, required=False, allow_blank=True, default=""
    )
    field = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    at = serializers.ListField(
        child=serializers.IntegerField(min_value=-FURTHEST, max_value=FURTHEST),
        min_length=2, max_length=2, required=False, allow_null=True, default=None,
    )  # fmt: skip


class PeopleSerializer(serializers.Serializer[Any]):
    """Whom one can mention."""

    results = CommenterSerializer(many=True)
