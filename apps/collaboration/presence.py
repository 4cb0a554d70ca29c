"""Who is in a room: what each client says of itself, and who it really is.

A client's state is JSON of its own making (cursor, selection, ...). The room believes all of it but
`user`, which it writes itself, and lets nobody speak for a client of somebody else. Clients of
y-websocket send the states of others back to the room; these are passed over.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from apps.collaboration.protocol import GONE, BadFrame, State, read_states, write_states
from apps.common.types import JSONDict

MAX_STATE = 8_192  # bytes
MAX_CLIENTS = 4  # of one connection: a page that was reloaded in the middle has two for a while
MAX_STATES = 1_000  # in one frame
FORGOTTEN_S = 40.0  # clients say every 15 s that they are there, and forget each other after 30


@dataclass(eq=False)
class Voice:
    """A connection that speaks for clients."""

    identity: JSONDict
    clients: set[int] = field(default_factory=set)


@dataclass
class _Known:
    state: State
    voice: Voice | None  # None: of another process
    at: float


class Presence:
    """The states of a room."""

    def __init__(self) -> None:
        self._known: dict[int, _Known] = {}
        self._changed: set[int] = set()

    def say(self, voice: Voice, payload: bytes, at: float) -> None:
        """Take in what a connection says. Raises BadFrame."""
        states = read_states(payload)
        if len(states) > MAX_STATES:
            raise BadFrame("Too many states in one frame.")
        for state in states:
            if self._may_speak(voice, state):
                self._put(_stamped(state, voice.identity), voice, at)
                voice.clients.add(state.client)

    def hear(self, payload: bytes, at: float) -> None:
        """Take in what another process says of its clients."""
        for state in read_states(payload):
            known = self._known.get(state.client)
            if known is None or (known.voice is None and _is_newer(state, known.state)):
                self._put(state, None, at)

    def leave(self, voice: Voice, at: float) -> None:
        """Say that the clients of a connection are gone."""
        for client in voice.clients:
            known = self._known.get(client)
            if known is not None and known.voice is voice and known.state.text != GONE:
                self._put(State(client, known.state.clock, GONE), voice, at)

    def forget_silent(self, now: float) -> None:
        """Say that those of other processes are gone who were not heard of for long.

        Who is gone is remembered for a while: what others still send back of them is old.
        """
        for client, known in list(self._known.items()):
            if now - known.at <= FORGOTTEN_S:
                continue
            if known.state.text == GONE:
                del self._known[client]
            elif known.voice is None:
                self._put(State(client, known.state.clock, GONE), None, now)

    def changes(self) -> tuple[bytes, bytes]:
        """Return what changed since the last call, and the part of it that is of this process."""
        changed = [self._known[client] for client in sorted(self._changed & self._known.keys())]
        self._changed.clear()
        own = [each.state for each in changed if each.voice is not None]
        return _frame(each.state for each in changed), _frame(own)

    def everybody(self) -> bytes:
        """Return all states; empty if nobody is here."""
        return _frame(each.state for each in self._here())

    def own(self) -> bytes:
        """Return the states of this process."""
        return _frame(each.state for each in self._here() if each.voice is not None)

    @property
    def has_changed(self) -> bool:
        """Whether there is something to tell."""
        return bool(self._changed)

    def _may_speak(self, voice: Voice, state: State) -> bool:
        """Tell whether a connection may say this of a client.

        A client belongs to the connection that spoke for it first; the same person's next
        connection may take it over, with news.
        """
        known = self._known.get(state.client)
        if known is None:
            return state.text != GONE and len(voice.clients) < MAX_CLIENTS
        if known.voice is voice:
            return _is_newer(state, known.state)
        holder = known.voice.identity if known.voice else _user_of(known.state)
        is_same = holder.get("id") == voice.identity["id"]
        news = state.clock > known.state.clock and state.text != GONE
        return is_same and news and len(voice.clients) < MAX_CLIENTS

    def _here(self) -> Iterable[_Known]:
        return (each for each in self._known.values() if each.state.text != GONE)

    def _put(self, state: State, voice: Voice | None, at: float) -> None:
        self._known[state.client] = _Known(state, voice, at)
        self._changed.add(state.client)


def _frame(states: Iterable[State]) -> bytes:
    found = list(states)
    return write_states(found) if found else b""


def _is_newer(state: State, known: State) -> bool:
    is_end = state.clock == known.clock and state.text == GONE != known.text
    return state.clock > known.clock or is_end


def _stamped(state: State, identity: JSONDict) -> State:
    """Return the state with who it is of. Raises BadFrame for what is no JSON object or too long."""
    if state.text == GONE:
        return state
    if len(state.text) > MAX_STATE:
        raise BadFrame(f"A state may have {MAX_STATE} bytes.")
    try:
        said = json.loads(state.text)
    except (ValueError, RecursionError) as error:
        raise BadFrame("A state is no JSON.") from error
    if not isinstance(said, dict):
        raise BadFrame("A state is no JSON object.")
    said["user"] = identity
    try:
        text = json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:  # half of a surrogate pair
        raise BadFrame("A state is no text.") from error
    return State(state.client, state.clock, text)


def _user_of(state: State) -> JSONDict:
    said: Any = json.loads(state.text)
    return (said or {}).get("user") or {}
