"""How much memory the processes of a product hold, and how that goes on."""

import os
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

from tests.factories.product import Product

PROCESSES = {"web": "uvicorn", "worker": "celery"}
SHARES = 6
Point = tuple[float, float]


class Scales:
    """Weighs the web process and the worker that the product started itself."""

    def __init__(self, product: Product) -> None:
        self._product = product
        self._points: dict[str, list[Point]] = defaultdict(list)

    def weigh(self) -> None:
        """Note how many MiB each process holds."""
        children = self._product.children()
        for name, word in PROCESSES.items():
            with suppress(OSError, KeyError):
                pages = int(Path(f"/proc/{children[word]}/statm").read_text().split()[1])
                held = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
                self._points[name].append((time.monotonic(), held))

    def read(self) -> dict[str, dict[str, Any]]:
        """Return of each process the middle of each sixth of the time, and the growth in the last half.

        What fills caches and threads flattens out; a leak goes on.
        """
        return {name: _read(points) for name, points in self._points.items() if points}


def _read(points: list[Point]) -> dict[str, Any]:
    held, size = [value for _, value in points], -(-len(points) // SHARES)
    shares = [round(median(held[at : at + size]), 1) for at in range(0, len(held), size)]
    late = points[len(points) // 2 :]
    return {"sixths": shares, "most": round(max(held), 1), "late_growth_per_minute": slope(late)}


def slope(points: list[Point]) -> float:
    """Return the growth per minute of the line that fits best."""
    if len(points) < 2:
        return 0.0
    middle = sum(at for at, _ in points) / len(points)
    mean = sum(value for _, value in points) / len(points)
    spread = sum((at - middle) ** 2 for at, _ in points)
    return round(60 * sum((at - middle) * (value - mean) for at, value in points) / spread, 3)
