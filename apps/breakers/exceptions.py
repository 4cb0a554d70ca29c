"""Why a service is not tried."""

from apps.common.errors import Conflict


class NotOpen(Conflict):
    """This service is not left alone: calls to it go through."""

    code = "not_open"
