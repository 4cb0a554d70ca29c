"""The web server's sockets, with one thing more: a frame can be written at once.

ASGI sends a frame through a coroutine, which encodes it again for each connection. A room sends
one update to fifty people, so it may write the frame itself (`scope["extensions"]`); a frame that
is not compressed is allowed also where compression was agreed on.
"""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from apps.collaboration.outbox import EXTENSION

BINARY = 0x82  # the only frame of its message
SHORT, MIDDLE = 126, 127


class Sockets(WebSocketsSansIOProtocol):
    """One socket."""

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        scope: Any = getattr(self, "scope", None)  # none if the handshake was refused
        if scope is not None:
            scope["extensions"][EXTENSION] = self.write_frame

    def write_frame(self, payload: bytes) -> bool:
        """Write a binary frame now; False while the socket is not open or its reader is slow."""
        is_open = self.handshake_complete and not (self.close_sent or self.disconnected)
        if not is_open or not self.writable.is_set() or self.transport.is_closing():
            return False
        self.transport.write(header_of(len(payload)) + payload)
        return True


def header_of(size: int) -> bytes:
    """Return what stands before a payload of this size; frames of servers are not masked."""
    if size < SHORT:
        return bytes((BINARY, size))
    if size < 1 << 16:
        return bytes((BINARY, SHORT)) + size.to_bytes(2)
    return bytes((BINARY, MIDDLE)) + size.to_bytes(8)
