"""Frames of the protocol, good and bad."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.collaboration import protocol
from apps.collaboration.protocol import BadFrame, Frame, Kind, State
from apps.workflows.wire import number


@pytest.mark.parametrize("kind", [Kind.STEP_1, Kind.STEP_2, Kind.UPDATE])
@pytest.mark.parametrize("size", [0, 1, 127, 128, 70_000])
def test_frames_of_synchronising_are_read_back(kind: Kind, size: int) -> None:
    payload = b"x" * size
    assert protocol.read(protocol.sync(kind, payload)) == Frame(kind, payload)


def test_states_are_read_back() -> None:
    states = [State(2**53 - 1, 5, b'{"a":1}'), State(1, 2**40, b"null")]
    frame = protocol.read(protocol.awareness(protocol.write_states(states)))
    assert frame.kind is Kind.AWARENESS
    assert protocol.read_states(frame.payload) == states


def test_who_is_here_is_asked_with_one_byte() -> None:
    assert protocol.read(b"\x03") == Frame(Kind.QUERY, b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x00\x00",
        b"\x00\x03\x00",  # no such step
        b"\x02\x00",  # only a server says what is not allowed
        b"\x09\x00",  # no such kind
        b"\x00\x02\x05abcd",  # shorter than it says
        b"\x00\x02\x01abcd",  # longer
        b"\x00\x00" + b"\xff" * 12,  # a number without end
    ],
)
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(BadFrame):
        protocol.read(data)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        number(2**40),
        b"\x01",
        b"\x01\x01\x01\x05ab",
        b"\x01\x01\x01\x02abc",
        b"\x02\x01\x01\x00",
    ],
)
def test_what_are_no_states_is_refused(payload: bytes) -> None:
    with pytest.raises(BadFrame):
        protocol.read_states(payload)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_frame_or_refused(data: bytes) -> None:
    try:
        frame = protocol.read(data)
        if frame.kind is Kind.AWARENESS:
            protocol.read_states(frame.payload)
    except BadFrame:
        pass
