"""A name server on loopback that answers what a test says."""

import socket
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from pytest_django import Settings


class NameServer:
    """Answers questions for TXT records over UDP; names that it does not know do not exist."""

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.sendto(b"", self._socket.getsockname())

    def _serve(self) -> None:
        while True:
            raw, sender = self._socket.recvfrom(4096)
            if not raw:
                self._socket.close()
                return
            self._socket.sendto(self._answer(dns.message.from_wire(raw)), sender)

    def _answer(self, question: dns.message.Message) -> bytes:
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        name = question.question[0].name.to_text()
        texts = self.records.get(name.rstrip("."))
        if texts is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif texts:
            quoted = [f'"{text}"' for text in texts]
            answer.answer.append(dns.rrset.from_text_list(name, 60, "IN", "TXT", quoted))
        return answer.to_wire()


@pytest.fixture
def names(settings: Settings) -> Iterator[NameServer]:
    made = NameServer()
    settings.DNS_SERVER = made.address
    yield made
    made.close()
