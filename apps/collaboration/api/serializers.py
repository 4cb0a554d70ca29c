"""What the endpoints of editing together answer."""

from rest_framework import serializers

from apps.common.types import JSONDict


class TicketSerializer(serializers.Serializer[JSONDict]):
    """A ticket to a draft's socket, for one use within a minute."""

    ticket = serializers.CharField()
    url = serializers.CharField(help_text="The socket's address with the ticket in it.")
    expires_in_s = serializers.IntegerField()
