"""The words of a model while they come: told to whoever watches, never stored."""

import asyncio

from apps.common.events import publish_from_loop
from apps.runs.models import Run

COALESCE_S = 0.05


class TokenStream:
    """Collects what a model writes in one step and tells it twenty times a second at most."""

    def __init__(self, run: Run, node: str, round_: str = "") -> None:
        self._group = run.channel
        self._frame = {"type": "token", "run": str(run.pk), "node": node}
        if round_:
            self._frame["frame"] = round_
        self._waiting = ""
        self._said = 0
        self._told: asyncio.Task[None] | None = None

    def add(self, text: str) -> None:
        """Take the next piece; call it from the loop."""
        self._waiting += text
        if self._told is None or self._told.done():
            self._told = asyncio.get_running_loop().create_task(self._tell())

    async def close(self) -> None:
        """Tell what is left."""
        if self._told is not None:
            await self._told

    async def _tell(self) -> None:
        while self._waiting:
            await asyncio.sleep(COALESCE_S)
            text, self._waiting = self._waiting, ""
            # By the place where it stands a reader notices what got lost on the way.
            frame = {**self._frame, "text": text, "at": self._said}
            self._said += len(text)
            await publish_from_loop(self._group, frame)
