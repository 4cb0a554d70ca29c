"""What the endpoints of editing together answer."""

from rest_framework import serializers

from apps.common.types import JSONDict


class TicketSerializer(serializers.Serializer[JSONDict]):
    """A ticket to a draft's socket, for one use within a minute."""

    ticket = serializers.CharField()
    url = serializers.CharField(help_text="The socket's address with the ticket in it.")
    expires_in_s = serializers.IntegerField()


class AuthorSerializer(serializers.Serializer[JSONDict]):
    """Who changed something; nobody where the product put something right."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class DetailSerializer(serializers.Serializer[JSONDict]):
    """What was done to a step, a note, a connection or the workflow itself."""

    operation = serializers.ChoiceField(
        ["add", "remove", "set", "clear", "edit", "move", "connect", "disconnect"]
    )
    node = serializers.CharField(allow_null=True)
    field = serializers.CharField(allow_null=True)


class ChangeSerializer(serializers.Serializer[JSONDict]):
    """What one person changed in a row."""

    seq = serializers.IntegerField(help_text="The last of its updates: the next `after`.")
    at = serializers.DateTimeField()
    author = AuthorSerializer(allow_null=True)
    changes = DetailSerializer(many=True)
    more = serializers.BooleanField(help_text="Whether the list of changes was cut off.")


class ChangesSerializer(serializers.Serializer[JSONDict]):
    """The changes after a number, the oldest first."""

    results = ChangeSerializer(many=True)
    last = serializers.IntegerField(help_text="How far the draft is.")
