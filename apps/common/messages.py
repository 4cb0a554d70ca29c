"""Where what a page says once waits for the page: in a cookie of the host's own, else in the session."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage

from apps.common.cookies import cookie_name


class OwnCookieStorage(CookieStorage):
    """Django's, under a name that browsers pin to one host where they are reached over https."""

    cookie_name = cookie_name("messages", secure=settings.SESSION_COOKIE_SECURE)


class MessageStorage(FallbackStorage):
    """Short ones travel with the browser; what is too long stays here."""

    storage_classes = (OwnCookieStorage, SessionStorage)
