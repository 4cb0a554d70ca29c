"""How many more requests than calls a route may make: a share of its calls, kept in each process.

While everything fails, repeats must not multiply the load that makes it fail.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

MOST = 5_000


@dataclass
class Allowance:
    """Tokens by route: each call brings a share of one, each request more takes one."""

    share: float
    most: float
    _left: OrderedDict[str, float] = field(default_factory=OrderedDict)

    def earn(self, route: str) -> None:
        """Count a call."""
        self._left[route] = min(self.most, self._left.get(route, self.most) + self.share)
        self._left.move_to_end(route)
        while len(self._left) > MOST:
            self._left.popitem(last=False)

    def spend(self, route: str) -> bool:
        """Take one request more, if that is allowed now."""
        left = self._left.get(route, self.most)
        if left < 1:
            return False
        self._left[route] = left - 1
        return True

    def forget(self) -> None:
        """Begin anew."""
        self._left.clear()


RETRIES = Allowance(share=0.2, most=20)
HEDGES = Allowance(share=0.05, most=2)
