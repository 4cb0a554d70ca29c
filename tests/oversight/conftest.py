"""A webhook that listens, and a stream that goes there."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from apps.accounts.models import User
from apps.audit import chain
from apps.oversight import streams
from apps.oversight.models import Stream
from tests.oversight.receivers import SECRET, Receiver


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    made = Receiver()
    with made.served(settings):
        yield made


@pytest.fixture
def stream(alice: User, receiver: Receiver) -> Stream:
    chain.link()
    made = streams.create_stream(
        actor=alice, kind="webhook", name="SIEM", config={"url": receiver.origin}, secret=SECRET
    )
    receiver.got.clear()
    return made
