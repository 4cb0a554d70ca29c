"""A mail server of the tests: it takes every mail over SMTP and remembers it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from socketserver import StreamRequestHandler, ThreadingTCPServer


class PostOffice(ThreadingTCPServer):
    """Listens on loopback."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Counter)
        self.port = int(self.server_address[1])
        self.received: list[Message] = []

    @property
    def ids(self) -> list[str]:
        """The Message-ID of each mail, in the order in which they came."""
        return [str(mail["Message-ID"]) for mail in self.received]


class _Counter(StreamRequestHandler):
    """Speaks as much SMTP as a sender without extensions needs."""

    server: PostOffice

    def handle(self) -> None:
        self._say("220 here")
        while word := self.rfile.readline().strip().upper()[:4]:
            if word == b"DATA":
                self._say("354 go on")
                self.server.received.append(message_from_bytes(self._body()))
            self._say("221 bye" if word == b"QUIT" else "250 ok")
            if word == b"QUIT":
                return

    def _body(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        return b"".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def post_office() -> Iterator[PostOffice]:
    """Open a mail server, and close it in the end."""
    with PostOffice() as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()
