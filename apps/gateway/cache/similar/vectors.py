"""What texts are near to each other, by the vectors that a route's embedding model gives them.

Vectors are asked for through the gateway: a call like every other, with its row and its price, in the
name of who asks. They are of length 1 and held as half floats, 3 KiB for 1,536 dimensions.
"""

import asyncio
import base64
import json
import logging
import struct
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from math import isfinite, sqrt
from operator import mul
from typing import Any, Protocol

from apps.common.errors import DomainError
from apps.gateway.asks import Ask, Source
from apps.gateway.exceptions import GatewayError
from apps.gateway.models import Endpoint
from apps.gateway.upstreams.answers import Answer

logger = logging.getLogger(__name__)

PATIENCE_S = 1.5
TASK = "similarity"
MOST_DIMENSIONS = 8_192
# What comes of an answer that is not what it should be.
BROKEN = (ValueError, TypeError, LookupError, AttributeError, OverflowError, struct.error)


class Told(Protocol):
    """A call that is answered."""

    answer: Answer


Carry = Callable[[Ask], AbstractAsyncContextManager[Told]]


@dataclass(frozen=True)
class Vector:
    """Where a model puts a text; models cannot be compared with each other."""

    model: str
    packed: bytes

    def similarity(self, other: "Vector") -> float | None:
        """Return the cosine; None where the two are not of one model."""
        if self.model != other.model or len(self.packed) != len(other.packed):
            return None
        cosine: float = sum(map(mul, self.numbers, other.numbers))
        return max(-1.0, min(1.0, cosine))

    @property
    def numbers(self) -> tuple[float, ...]:
        """Its parts."""
        return struct.unpack(f"<{len(self.packed) // 2}e", self.packed)


async def vectors_of(
    texts: Sequence[str], embedder: str, *, carry: Carry, source: Source
) -> list[Vector] | None:
    """Return a vector for each text; None where that fails or takes too long."""
    body = {"input": list(texts), "encoding_format": "base64"}
    ask = Ask(embedder, body, endpoint=Endpoint.EMBEDDINGS, task=TASK, source=source)
    try:
        async with asyncio.timeout(PATIENCE_S), carry(ask) as call:
            told = b"".join([part async for part in call.answer.parts()])
            return read(told, call.answer.model or call.answer.upstream.model, len(texts))
    except (GatewayError, DomainError, TimeoutError, *BROKEN) as error:
        logger.info("A question is not compared with kept ones: %s", type(error).__name__)
        return None


def read(told: bytes, model: str, count: int) -> list[Vector]:
    """Return what a model told. Raises one of BROKEN unless it is a usable vector for each text."""
    data = json.loads(told)["data"]
    if not isinstance(data, list) or len(data) != count:
        raise ValueError("another number of vectors")
    ordered = sorted(data, key=lambda each: int(each.get("index", 0)))
    return [Vector(model, packed(_numbers(each["embedding"]))) for each in ordered]


def _numbers(told: Any) -> Sequence[float]:
    if isinstance(told, str):
        raw = base64.b64decode(told, validate=True)
        return struct.unpack(f"<{len(raw) // 4}f", raw[: len(raw) // 4 * 4])
    if isinstance(told, list) and all(isinstance(each, int | float) for each in told):
        return told
    raise ValueError("no vector")


def packed(numbers: Sequence[float]) -> bytes:
    """Return a direction in half floats. Raises one of BROKEN."""
    length = sqrt(sum(map(mul, numbers, numbers)))
    if not 0 < len(numbers) <= MOST_DIMENSIONS or not isfinite(length) or length == 0:
        raise ValueError("a vector of no direction")
    return struct.pack(f"<{len(numbers)}e", *(each / length for each in numbers))
