"""How often a stranger may ask for something: fixed windows, counted in Redis."""

import hashlib
from dataclasses import dataclass

from apps.common import windows
from apps.common.errors import TooMany


@dataclass(frozen=True)
class Limit:
    """So many times in a window, for each sender."""

    name: str
    times: int
    window_s: int

    def count(self, sender: str) -> None:
        """Count one use. Raises TooMany with the seconds until the window ends.

        The sender is kept as a hash: the cache should not be a list of addresses.
        """
        who = hashlib.sha256(sender.encode()).hexdigest()[:32]
        if windows.count(f"limit:{self.name}:{who}", self.window_s) > self.times:
            left = windows.seconds_left(self.window_s)
            raise TooMany(
                f"Too many attempts. Try again in {-(-left // 60)} min.", retry_after=left
            )
