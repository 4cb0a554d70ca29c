"""The way to the guards, which are loaded by the first call of a route that has some."""

import asyncio
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from apps.gateway.guards.policy import Guards

if TYPE_CHECKING:
    from apps.gateway.guards.gate import Gate


GATE = "apps.gateway.guards.gate"


async def gate_of(guards: Guards) -> "Gate":
    """Return the gate that a call passes."""
    if GATE not in sys.modules:  # a third of a second, while other calls go on
        await asyncio.to_thread(import_module, GATE)
    gate: Gate = sys.modules[GATE].Gate(guards)
    return gate
