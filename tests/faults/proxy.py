"""A door to PostgreSQL that can be shut at the worst moment.

It passes bytes on in both directions. Told to, it cuts a connection around a COMMIT: `lost` throws
the request away, so that nothing is committed; `unheard` lets it be carried out and throws the
answer away. Whoever sent it learns the same in both cases: nothing.
"""

import random
import socket
import threading
from collections import Counter
from contextlib import suppress
from typing import Literal

Cut = Literal["lost", "unheard"]
COMMIT = b"COMMIT"
CHUNK = 1 << 16


class Proxy:
    """Listens on loopback; cuts a share of all commits, by a seeded chance."""

    def __init__(self, port: int, *, share: float, most: int, seed: int) -> None:
        self.cuts: Counter[Cut] = Counter()
        self._to, self._share, self._most = port, share, most
        self._dice, self._lock = random.Random(seed), threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self._to))
        deaf = threading.Event()  # from now on the client hears nothing
        back = threading.Thread(target=self._answer, args=[server, client, deaf], daemon=True)
        back.start()
        with suppress(OSError):
            while data := client.recv(CHUNK):
                cut = self._chosen(data)
                if cut:
                    self._cut(cut, data, server, deaf)
                    break
                server.sendall(data)
        for end in (client, server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _answer(self, server: socket.socket, client: socket.socket, deaf: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(CHUNK):
                if deaf.is_set():
                    deaf.clear()  # the answer has come: it was carried out
                    return
                client.sendall(data)

    def _chosen(self, data: bytes) -> Cut | None:
        if COMMIT not in data:
            return None
        with self._lock:
            if self.cuts.total() >= self._most or self._dice.random() >= self._share:
                return None
            cut: Cut = self._dice.choice(("lost", "unheard"))
            self.cuts[cut] += 1
            return cut

    def _cut(self, cut: Cut, data: bytes, server: socket.socket, deaf: threading.Event) -> None:
        if cut == "unheard":
            deaf.set()
            server.sendall(data)
            pause = threading.Event()
            for _ in range(500):
                if not deaf.is_set():
                    return
                pause.wait(0.01)
