"""Where people meet in a draft, and as whom the others see them."""

from uuid import UUID

from django.conf import settings

from apps.accounts.models import User
from apps.common.types import JSONDict

# Names of the tokens `--peer-<name>`; pages have the values, for both themes.
COLOURS = ("red", "orange", "olive", "green", "teal", "blue", "violet", "pink")


def socket_of(workflow_id: UUID) -> str:
    """Return the address of the draft's socket, as a page opens it.

    On another host (`YJS_WEBSOCKET_URL`) it is a whole address, and a page needs a ticket for it:
    cookies are not sent there.
    """
    return f"{settings.YJS_WEBSOCKET_URL}/ws/wf/{workflow_id}"


def identity_of(user: User) -> JSONDict:
    """Return who somebody is to the others; the same colour in each workflow and each tab."""
    colour = COLOURS[user.pk.bytes[-1] % len(COLOURS)]
    return {"id": str(user.pk), "name": str(user), "colour": colour}
