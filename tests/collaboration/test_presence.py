"""Who is in a room, and that nobody speaks for somebody else."""

import json
from typing import Any

import pytest

from apps.collaboration.presence import FORGOTTEN_S, MAX_CLIENTS, MAX_STATE, Presence, Voice
from apps.collaboration.protocol import GONE, BadFrame, State, read_states, write_states

ANA = {"id": "a", "name": "Ana", "colour": "red"}
BEN = {"id": "b", "name": "Ben", "colour": "blue"}


def said(client: int, clock: int, state: Any = None) -> bytes:
    text = GONE if state is None else json.dumps(state).encode()
    return write_states([State(client, clock, text)])


def told(presence: Presence) -> dict[int, Any]:
    states = presence.changes()[0]
    return {each.client: json.loads(each.text) for each in read_states(states)} if states else {}


def here(presence: Presence) -> set[int]:
    states = presence.everybody()
    return {each.client for each in read_states(states)} if states else set()


def test_who_it_is_is_written_by_the_room() -> None:
    presence, ana = Presence(), Voice(ANA)
    presence.say(ana, said(7, 1, {"cursor": [1, 2], "user": {"name": "The boss"}}), 0)
    assert told(presence) == {7: {"cursor": [1, 2], "user": ANA}}
    assert told(presence) == {}
    assert here(presence) == {7}


def test_old_news_and_echoes_are_passed_over() -> None:
    presence, ana, ben = Presence(), Voice(ANA), Voice(BEN)
    presence.say(ana, said(7, 5, {"x": 1}), 0)
    told(presence)
    for voice, clock, state in ((ana, 5, {"x": 0}), (ana, 4, {"x": 0}), (ben, 5, {"x": 1})):
        presence.say(voice, said(7, clock, state), 0)
    assert told(presence) == {}


def test_nobody_speaks_for_a_client_of_another() -> None:
    presence, ana, ben = Presence(), Voice(ANA), Voice(BEN)
    presence.say(ana, said(7, 5, {"x": 1}), 0)
    told(presence)
    presence.say(ben, said(7, 9, {"x": 2}), 0)
    presence.say(ben, said(7, 9), 0)
    presence.leave(ben, 0)
    assert told(presence) == {}
    assert here(presence) == {7}


def test_the_same_person_takes_over_by_the_next_connection() -> None:
    presence, before, after = Presence(), Voice(ANA), Voice(ANA)
    presence.say(before, said(7, 5, {"x": 1}), 0)
    presence.say(after, said(7, 6, {"x": 2}), 0)
    presence.leave(before, 0)
    assert told(presence) == {7: {"x": 2, "user": ANA}}
    presence.leave(after, 0)
    assert told(presence) == {7: None}
    assert here(presence) == set()


def test_who_left_does_not_come_back_by_an_echo() -> None:
    presence, ana, ben = Presence(), Voice(ANA), Voice(BEN)
    presence.say(ana, said(7, 5, {"x": 1}), 0)
    presence.leave(ana, 0)
    presence.say(ben, said(7, 5, {"x": 1}), 0)
    assert here(presence) == set()
    presence.say(Voice(ANA), said(7, 6, {"x": 2}), 1)
    assert here(presence) == {7}


def test_a_connection_speaks_for_a_few_clients_only() -> None:
    presence, ana = Presence(), Voice(ANA)
    for client in range(MAX_CLIENTS + 3):
        presence.say(ana, said(client, 1, {}), 0)
    assert len(here(presence)) == MAX_CLIENTS


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"5", b"{", b'{"a":"' + b"x" * MAX_STATE + b'"}', b"\xff", b'{"a":"\\ud800"}'],
)
def test_what_is_no_state_is_refused(text: bytes) -> None:
    with pytest.raises(BadFrame):
        Presence().say(Voice(ANA), write_states([State(1, 1, text)]), 0)


def test_processes_tell_each_other_of_their_own() -> None:
    one, two, ana = Presence(), Presence(), Voice(ANA)
    one.say(ana, said(7, 1, {"x": 1}), 0)
    own = one.changes()[1]
    two.hear(own, 0)
    assert told(two) == {7: {"x": 1, "user": ANA}}
    assert two.own() == b""
    two.hear(own, 0)
    assert told(two) == {}
    one.leave(ana, 0)
    two.hear(one.changes()[1], 0)
    assert told(two) == {7: None}


def test_a_process_that_died_is_forgotten() -> None:
    presence = Presence()
    presence.hear(said(7, 1, {"user": ANA}), 0)
    presence.forget_silent(FORGOTTEN_S)
    assert here(presence) == {7}
    presence.forget_silent(FORGOTTEN_S + 1)
    assert told(presence)[7] is None
    assert here(presence) == set()
