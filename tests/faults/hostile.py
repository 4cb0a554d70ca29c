"""Targets on the web that misbehave: one path for each way of it, on a raw socket of loopback."""

import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress

MIB = 1 << 20
HUGE = 1 << 30
HEAD = b"HTTP/1.1 200 OK\r\n"
EMPTY = b"Content-Length: 0\r\n\r\n"


class Hostile:
    """Serves each connection on a thread; notes when each call came and how much it could send."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, float]] = []
        self.sent: dict[str, int] = {}
        self.closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.origin = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Take no more calls, and end those that hang."""
        self.closing.set()
        self._listener.close()

    def times(self, path: str) -> list[float]:
        """Return when a path was called, in seconds of our own clock."""
        return [at for called, at in self.calls if called == path]

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                peer, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=[peer], daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with suppress(OSError), peer:
            path = self._read(peer)
            self.calls.append((path, time.monotonic()))
            self.sent[path] = 0
            for piece in WAYS[path](self, peer):
                peer.sendall(piece)
                self.sent[path] += len(piece)

    def _read(self, peer: socket.socket) -> str:
        head = b""
        while b"\r\n\r\n" not in head:
            head += peer.recv(4096)
        return head.split(b" ", 2)[1].decode()


Way = Callable[[Hostile, socket.socket], Iterator[bytes]]


def _hang(server: Hostile, peer: socket.socket) -> Iterator[bytes]:
    server.closing.wait(60)
    yield b""


def _slow_loris(server: Hostile, peer: socket.socket) -> Iterator[bytes]:
    """One sign of the head every tenth of a second: it is never silent, and never done."""
    for sign in HEAD + b"X-Long: " + b"x" * 1000:
        yield bytes([sign])
        server.closing.wait(0.1)


def _slow_body(server: Hostile, peer: socket.socket) -> Iterator[bytes]:
    yield HEAD + b"Content-Length: 1000\r\n\r\n"
    for _ in range(1000):
        yield b"x"
        server.closing.wait(0.1)


def _reset(server: Hostile, peer: socket.socket) -> Iterator[bytes]:
    """Part of the body, then a reset: lingering for no time makes the kernel send one."""
    yield HEAD + b"Content-Length: 1000\r\n\r\nhalf"
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _cut(server: Hostile, peer: socket.socket) -> Iterator[bytes]:
    yield HEAD + b"Content-Length: 1000\r\n\r\nhalf"


def _huge(server: Hostile, peer: socket.socket) -> Iterator[bytes]:
    yield HEAD + b"Content-Length: %d\r\n\r\n" % HUGE
    for _ in range(HUGE // MIB):
        yield b"x" * MIB


def _endless(server: Hostile, peer: socket.socket) -> Iterator[bytes]:
    yield HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    while not server.closing.is_set():
        yield b"10000\r\n" + b"x" * 0x10000 + b"\r\n"


def _bomb(server: Hostile, peer: socket.socket) -> Iterator[bytes]:
    """A hundred mebibytes of zeros in a hundredth of that as gzip."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    packed = b"".join(packer.compress(bytes(MIB)) for _ in range(100)) + packer.flush()
    yield HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed


def _loop(server: Hostile, peer: socket.socket) -> Iterator[bytes]:
    yield b"HTTP/1.1 302 Found\r\nLocation: /loop\r\n" + EMPTY


def _no_http(server: Hostile, peer: socket.socket) -> Iterator[bytes]:
    yield b"\x16\x03\x01 this is not HTTP\r\n\r\n"


def _refusing(status: int, wish: bytes) -> Way:
    def refuse(server: Hostile, peer: socket.socket) -> Iterator[bytes]:
        yield b"HTTP/1.1 %d No\r\nRetry-After: %s\r\n" % (status, wish) + EMPTY

    return refuse


WAYS: dict[str, Way] = {
    "/hang": _hang, "/slow-loris": _slow_loris, "/slow-body": _slow_body, "/reset": _reset,
    "/cut": _cut, "/huge": _huge, "/endless": _endless, "/bomb": _bomb, "/loop": _loop,
    "/no-http": _no_http, "/429": _refusing(429, b"1"), "/503": _refusing(503, b"1"),
    "/patience": _refusing(503, b"3600"), "/nonsense": _refusing(503, "²".encode()),
    "/date": _refusing(503, b"Wed, 21 Oct 2037 07:28:00 GMT"),
}  # fmt: skip
