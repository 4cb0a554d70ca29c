"""The socket of a draft: any client of y-websocket, as whoever it is."""

import asyncio
import logging
import time
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import DatabaseError

from apps.accounts import refusals
from apps.collaboration.admission import SIGNED_OUT, NotLetIn, Pass, Standing, standing_of
from apps.collaboration.lobby import Full, lobby
from apps.collaboration.outbox import EXTENSION, Outbox
from apps.collaboration.protocol import BadFrame
from apps.collaboration.rooms import BROKEN, Peer, Refused, Room
from apps.collaboration.tickets import redeem_ticket
from apps.common.outages import outage_of
from apps.runs.watching import places
from apps.tenants.consumers import TRY_LATER
from apps.tenants.database import query
from apps.workflows.exceptions import BadUpdate

logger = logging.getLogger(__name__)

BAD_FRAME, TOO_MANY = 4400, 4429
MAX_FRAME = 1 << 20
FRAMES_PER_S, FRAMES_AT_ONCE = 200, 1_000
BYTES_PER_S, BYTES_AT_ONCE = 1 << 20, 8 << 20


class EditorSocket:
    """One connection to a draft's room.

    It is no consumer of Channels: what passes here is counted in thousands a second, and a room
    hands frames on by itself.
    """

    permission_required = "workflow.view"  # to open it; `standing_of` looks at the workflow

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await receive()  # the handshake
        workflow_id: UUID = scope["url_route"]["kwargs"]["workflow_id"]
        outbox = Outbox(send, scope.get("extensions", {}).get(EXTENSION))
        try:
            shown, standing = await query(_admit, scope, workflow_id)
            place = places.take("socket", standing.principal, places.SOCKETS)
        except NotLetIn as refusal:
            await _refuse(send, refusal.code)
        except places.TooManyOpen:
            await _refuse(send, TRY_LATER)
            with suppress(DatabaseError):
                await query(refusals.note_socket, f"draft {workflow_id}", TOO_MANY)
        except Exception as error:
            if outage_of(error) is None:
                raise
            await _refuse(send, TRY_LATER)
        else:
            await send({"type": "websocket.accept"})
            await self._stay(workflow_id, shown, standing, receive, outbox)
            del place  # it was held as long as the socket was open

    async def _stay(
        self, workflow_id: UUID, shown: Pass, standing: Standing, receive: Any, outbox: Outbox
    ) -> None:
        peer = Peer(
            standing.identity, author_id=standing.author_id, may_edit=standing.may_edit,
            send=outbox.put, close=outbox.close,
        )  # fmt: skip
        sending = outbox.start()
        try:
            opened = await lobby().enter(workflow_id, peer, shown)
        except (Full, Refused) as refusal:
            outbox.close(refusal.code if isinstance(refusal, Refused) else TRY_LATER)
            await sending
            return
        listening = asyncio.create_task(_listen(opened.room, peer, receive, outbox))
        try:
            await asyncio.wait([listening, sending], return_when=asyncio.FIRST_COMPLETED)
            if listening.done() and (error := listening.exception()):
                logger.error("An editor's frame could not be taken in.", exc_info=error)
                outbox.close(BROKEN)
            if outbox.is_closed and not sending.cancelled():
                await asyncio.wait([sending])
        finally:
            await lobby().leave(opened, peer)
            for task in (listening, sending):
                task.cancel()
            await asyncio.gather(listening, sending, return_exceptions=True)


async def _listen(room: Room, peer: Peer, receive: Any, outbox: Outbox) -> None:
    """Hand frames to the room until either side has had enough."""
    frames, octets = Allowance(FRAMES_PER_S, FRAMES_AT_ONCE), Allowance(BYTES_PER_S, BYTES_AT_ONCE)
    while True:
        message = await receive()
        if message["type"] != "websocket.receive" or outbox.is_closed:
            return
        data = message.get("bytes") or b""
        if len(data) > MAX_FRAME:
            outbox.close(BAD_FRAME)
            return
        try:
            await room.receive(peer, data)
        except (BadFrame, BadUpdate):
            outbox.close(BAD_FRAME)
            return
        # Who sends too much is read more slowly; nothing is lost, and its own side waits.
        await asyncio.sleep(max(frames.spend(1), octets.spend(len(data))))


class Allowance:
    """How much may pass: some at once, and so much a second."""

    def __init__(self, per_second: float, at_once: float) -> None:
        self._rate, self._most = per_second, at_once
        self._left, self._at = at_once, time.monotonic()

    def spend(self, amount: float) -> float:
        """Use some of it; return how long to wait until it is covered."""
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._rate) - amount
        self._at = now
        return max(0.0, -self._left / self._rate)


def _admit(scope: dict[str, Any], workflow_id: UUID) -> tuple[Pass, Standing]:
    """Return who wants to come in, and as what. Raises NotLetIn."""
    ticket = scope.get("ticket")
    shown = (
        redeem_ticket(ticket, workflow_id) if ticket else Pass(session=scope["session"].session_key)
    )
    try:
        if shown is None:
            raise NotLetIn(SIGNED_OUT)
        return shown, standing_of(shown, workflow_id)
    except NotLetIn as refusal:
        holder = shown.holder() if shown else None
        refusals.note_socket(f"draft {workflow_id}", refusal.code, holder)
        raise


async def _refuse(send: Any, code: int) -> None:
    """Accept, then close: before the handshake browsers would not be told the code."""
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": code})
