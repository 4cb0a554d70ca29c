"""The browser's own session: how long it lasts, and staying signed in."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.sessions.models import Session
from django.middleware.csrf import get_token
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import services
from apps.accounts.api.views import TenantAPIView
from apps.accounts.arrivals import browser_of
from apps.accounts.exceptions import SignInAgain
from apps.accounts.roles import ANY_MEMBER
from apps.accounts.session_store import SessionStore, name_of

SLACK = timedelta(seconds=5)  # an end that could be put off by less is the last one


class SessionSerializer(serializers.Serializer[Any]):
    """Whose session it is and when it ends. The token is new after each sign-in."""

    user = serializers.UUIDField()
    name = serializers.CharField()
    expires_at = serializers.DateTimeField()
    renewable = serializers.BooleanField()
    csrf_token = serializers.CharField()


class SessionView(TenantAPIView):
    """The session by which a page calls; keys have none."""

    authentication_classes = [SessionAuthentication]
    permission_required: ClassVar = {"GET": ANY_MEMBER, "POST": ANY_MEMBER}
    keeps_answers = False

    @extend_schema(responses=SessionSerializer, operation_id="session")
    def get(self, request: Request) -> Response:
        """Return whose session it is and when it ends."""
        return self._told(_end_of(request))

    @extend_schema(request=None, responses=SessionSerializer, operation_id="session_renew")
    def post(self, request: Request) -> Response:
        """Stay signed in: the session lasts from now on as long as a new one."""
        if not self._is_renewable(_end_of(request)):
            raise SignInAgain
        services.note_use(request.session, self.actor, browser_of(request))
        request.session.modified = True
        return self._told(request.session.get_expiry_date())

    def _is_renewable(self, end: datetime) -> bool:
        session = self.request.session
        assert isinstance(session, SessionStore)
        return session.last_moment() - end > SLACK

    def _told(self, end: datetime) -> Response:
        data = {
            "user": self.actor.pk, "name": str(self.actor), "expires_at": end,
            "renewable": self._is_renewable(end), "csrf_token": get_token(self.request),
        }  # fmt: skip
        return Response(SessionSerializer(data).data, headers={"Cache-Control": "no-store"})


def _end_of(request: Request) -> datetime:
    """Return when the stored session ends: reading it does not make it longer."""
    stored = Session.objects.only("expire_date").get(pk=name_of(request.session.session_key))
    return stored.expire_date
