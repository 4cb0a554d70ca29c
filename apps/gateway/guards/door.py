"""The way to the guards, which are loaded by the first call of a route that has some."""

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from apps.gateway.guards.kinds import Place
from apps.gateway.guards.policy import Guards

if TYPE_CHECKING:
    from apps.gateway.guards.gate import Gate
    from apps.gateway.guards.trial import Tried

GATE, TRIAL = "apps.gateway.guards.gate", "apps.gateway.guards.trial"
_gates: list[type["Gate"]] = []


async def gate_of(guards: Guards) -> "Gate":
    """Return the gate that a call passes."""
    if not _gates:  # a third of a second, while other calls go on
        await asyncio.to_thread(_load)
    return _gates[0](guards)


def _load() -> None:
    """Load the gate; who does so at the same time waits until it is there as a whole."""
    _gates.append(import_module(GATE).Gate)


def tried(guards: Guards, place: Place, text: str) -> "Tried":
    """Return what the guards would do with a text."""
    done: Tried = import_module(TRIAL).tried(guards, place, text)
    return done
