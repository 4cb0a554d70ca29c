"""Frames of the y-websocket protocol: what any client of it sends, and understands.

A frame is a number for its kind and what belongs to it; numbers are variable, seven bits a byte.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from apps.workflows.wire import number

MAX_NUMBER = 2**53 - 1


class BadFrame(Exception):
    """The bytes are no frame of the protocol."""


class Kind(IntEnum):
    """What a frame is about; the three of synchronising are told apart by a second number."""

    STEP_1 = 0  # a state vector: what do I lack?
    STEP_2 = 1  # the answer
    UPDATE = 2
    AWARENESS = 3
    QUERY = 4  # who else is here?


_SYNC, _AWARENESS, _QUERY = 0, 1, 3  # 2 tells a client that it may not; closing codes tell more


@dataclass(frozen=True)
class Frame:
    """A frame that was read."""

    kind: Kind
    payload: bytes


class State(NamedTuple):
    """What one client says of itself: JSON, or `null` when it is gone."""

    client: int
    clock: int
    text: bytes


GONE = b"null"


def read(data: bytes) -> Frame:
    """Return the frame that the bytes are. Raises BadFrame."""
    kind, at = _number(data, 0)
    if kind == _QUERY:
        return Frame(Kind.QUERY, b"")
    if kind == _AWARENESS:
        return Frame(Kind.AWARENESS, _rest(data, at))
    if kind == _SYNC:
        step, at = _number(data, at)
        if step in (Kind.STEP_1, Kind.STEP_2, Kind.UPDATE):
            return Frame(Kind(step), _rest(data, at))
    raise BadFrame("The frame is of no known kind.")


def sync(kind: Kind, payload: bytes) -> bytes:
    """Return a frame of synchronising."""
    return bytes((_SYNC, kind)) + number(len(payload)) + payload


def awareness(payload: bytes) -> bytes:
    """Return a frame about who is here."""
    return bytes((_AWARENESS,)) + number(len(payload)) + payload


def read_states(payload: bytes) -> list[State]:
    """Return what an awareness frame says. Raises BadFrame."""
    count, at = _number(payload, 0)
    if count > len(payload):
        raise BadFrame("The frame announces more than it holds.")
    states = []
    for _ in range(count):
        client, at = _number(payload, at)
        clock, at = _number(payload, at)
        size, at = _number(payload, at)
        text = payload[at : at + size]
        if len(text) < size:
            raise BadFrame("The frame ends too early.")
        states.append(State(client, clock, text))
        at += size
    if at < len(payload):
        raise BadFrame("The frame has bytes after its end.")
    return states


def write_states(states: Iterable[State]) -> bytes:
    """Return the payload of an awareness frame."""
    parts = [
        number(each.client) + number(each.clock) + number(len(each.text)) + each.text
        for each in states
    ]
    return number(len(parts)) + b"".join(parts)


def _rest(data: bytes, at: int) -> bytes:
    """Return the bytes that are announced; they are the last ones."""
    size, at = _number(data, at)
    if len(data) - at != size:
        raise BadFrame("The frame is shorter or longer than it says.")
    return data[at:]


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return a number and where it ends."""
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            if value > MAX_NUMBER:
                break
            return value, at
        if shift > 56:
            break
    raise BadFrame("The frame ends in the middle of a number, or the number is too large.")
