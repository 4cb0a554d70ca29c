"""How much memory the processes of a product hold, and how that goes on."""

import os
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from statistics import median

from tests.factories.product import Product

PROCESSES = {"web": "uvicorn", "worker": "celery"}
WARM_UP = 0.3  # the share of the time after which caches are full
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

    def read(self) -> dict[str, dict[str, float]]:
        """Return of each process the first third, the last third, and the growth after warming up."""
        return {name: _read(points) for name, points in self._points.items() if points}


def _read(points: list[Point]) -> dict[str, float]:
    held, third = [value for _, value in points], -(-len(points) // 3)
    warm = points[int(len(points) * WARM_UP) :]
    return {
        "first": round(held[0], 1), "first_third": round(median(held[:third]), 1),
        "last_third": round(median(held[-third:]), 1), "most": round(max(held), 1),
        "growth_per_minute": slope(warm),
    }  # fmt: skip


def slope(points: list[Point]) -> float:
    """Return the growth per minute of the line that fits best."""
    if len(points) < 2:
        return 0.0
    middle = sum(at for at, _ in points) / len(points)
    mean = sum(value for _, value in points) / len(points)
    spread = sum((at - middle) ** 2 for at, _ in points)
    return round(60 * sum((at - middle) * (value - mean) for at, value in points) / spread, 3)
