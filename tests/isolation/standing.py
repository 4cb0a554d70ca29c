"""One world for many tests: making one takes longer than most that is asked of it."""

import time

from apps.egress import circuits
from apps.gateway.routes import sharing
from tests.factories.rows import reset_rows
from tests.isolation.kept import LASTS_S, kept_world
from tests.isolation.world import World


class Standing:
    """A world that stays while what is asked of it is undone; it is made anew when it is old."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self._world: World | None = None
        self._until = 0.0
        self._prefixes = ("", "")

    def world(self) -> World:
        """Return the world, with what Redis knows of its services."""
        if self._world is None or time.monotonic() > self._until:
            self.clear()
            self._world = kept_world(self.slug)
            self._until = time.monotonic() + LASTS_S
            self._prefixes = (circuits.PREFIX, sharing.PREFIX)
        circuits.PREFIX, sharing.PREFIX = self._prefixes
        return self._world

    def clear(self) -> None:
        """Take everything back, as after something that could not be undone."""
        if self._world is not None:
            reset_rows()
        self._world = None
