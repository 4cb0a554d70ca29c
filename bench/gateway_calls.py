"""Calls to a model over HTTP, as light as they can be, and how long each took."""

import asyncio
import json
import statistics
import time
from dataclasses import dataclass
from typing import Any

PATIENCE_S = 60.0


@dataclass(frozen=True)
class Door:
    """Where models are asked: a port, as whom, and under which name."""

    port: int
    key: str
    model: str
    host: str = "localhost"

    @property
    def origin(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def request(self, number: int, *, pieces: int = 0) -> bytes:
        """Return a call as it goes over the wire; each number is another question."""
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": "user", "content": f"Question {number}: say something short."}],
        }
        if pieces:
            body |= {"stream": True, "max_tokens": pieces}
        sent = json.dumps(body).encode()
        return (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            f"Authorization: Bearer {self.key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(sent)}\r\n\r\n"
        ).encode() + sent


@dataclass(frozen=True)
class Taken:
    """Milliseconds of one call: to its first piece, and in all."""

    first_ms: float
    whole_ms: float


async def _call(door: Door, streams: Any, number: int, pieces: int) -> Taken:
    reader, writer = streams
    begun = time.perf_counter()
    writer.write(door.request(number, pieces=pieces))
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b" 200 " not in head.partition(b"\r\n")[0]:
        raise SystemExit(f"{door.model}: {head.decode()}{(await reader.read(500)).decode()}")
    first = 0.0
    if b"content-length:" in head:
        await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]))
        first = time.perf_counter()
    else:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            data = await reader.readexactly(size + 2)
            first = first or (time.perf_counter() if b"word" in data else 0.0)
        await reader.readexactly(2)
    return Taken((first - begun) * 1000, (time.perf_counter() - begun) * 1000)


async def _caller(
    door: Door, numbers: "asyncio.Queue[int]", pieces: int, taken: list[Taken]
) -> None:
    streams = await asyncio.open_connection("127.0.0.1", door.port)
    try:
        while not numbers.empty():
            async with asyncio.timeout(PATIENCE_S):
                taken.append(await _call(door, streams, numbers.get_nowait(), pieces))
    finally:
        streams[1].close()


async def _all(door: Door, count: int, callers: int, pieces: int, same: bool) -> list[Taken]:
    numbers: asyncio.Queue[int] = asyncio.Queue()
    for number in range(count):
        numbers.put_nowait(0 if same else number)
    taken: list[Taken] = []
    await asyncio.gather(*(_caller(door, numbers, pieces, taken) for _ in range(callers)))
    return taken


def calls(
    door: Door, count: int, *, callers: int = 1, pieces: int = 0, same: bool = False
) -> tuple[list[Taken], float]:
    """Make so many calls; return what each took, and the seconds of all."""
    begun = time.perf_counter()
    taken = asyncio.run(_all(door, count, callers, pieces, same))
    return taken, time.perf_counter() - begun


def percentiles(values: list[float]) -> dict[str, float]:
    """Return the median, and what 95 and 99 of 100 stay below."""
    ordered = sorted(values)

    def at(percent: int) -> float:
        return round(ordered[max(0, -(-len(ordered) * percent // 100) - 1)], 2)

    return {"p50_ms": round(statistics.median(ordered), 2), "p95_ms": at(95), "p99_ms": at(99)}
