"""`python -m bench.fake_models [port]`: a provider in OpenAI's form that thinks of nothing.

As little work as a server can do, so that what is measured is what stands before it. A stream has as
many pieces as its call's `max_tokens` says, one each two milliseconds.
"""

import asyncio
import json
import re
import sys

PACE_S = 0.002
WORDS = "A kept promise is worth more than a fast one. "
WHOLE = json.dumps({
    "id": "chatcmpl-bench", "object": "chat.completion", "created": 1, "model": "bench",
    "choices": [{
        "index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": WORDS * 4},
    }],
    "usage": {"prompt_tokens": 20, "completion_tokens": 40, "total_tokens": 60},
}).encode()  # fmt: skip
LIMIT = re.compile(rb'"max_tokens":\s*(\d+)')
LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
STREAM = re.compile(rb'"stream":\s*true')


def head(kind: bytes, more: bytes) -> bytes:
    """Return the beginning of an answer."""
    return b"HTTP/1.1 200 OK\r\ncontent-type: " + kind + b"\r\n" + more + b"\r\n\r\n"


def piece(**delta: str) -> bytes:
    """Return an event of a stream."""
    finish = None if delta else "stop"
    event = {
        "id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1, "model": "bench",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }  # fmt: skip
    return framed(json.dumps(event).encode())


def framed(event: bytes) -> bytes:
    """Return an event as a chunk of the transfer."""
    data = b"data: " + event + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(data), data)


USAGE = framed(json.dumps({
    "id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1, "model": "bench",
    "choices": [], "usage": {"prompt_tokens": 20, "completion_tokens": 40, "total_tokens": 60},
}).encode())  # fmt: skip
WORD, LAST = piece(content="word "), piece() + USAGE + framed(b"[DONE]") + b"0\r\n\r\n"
ANSWER = head(b"application/json", b"content-length: %d" % len(WHOLE)) + WHOLE
BEGIN = head(b"text/event-stream", b"transfer-encoding: chunked")


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection, one after another."""
    try:
        while True:
            asked = await reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(asked)
            body = await reader.readexactly(int(length[1])) if length else b""
            if STREAM.search(body):
                limit = LIMIT.search(body)
                await stream(writer, int(limit[1]) if limit else 20)
            else:
                writer.write(ANSWER)
                await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    finally:
        writer.close()


async def stream(writer: asyncio.StreamWriter, pieces: int) -> None:
    """Say so many pieces."""
    writer.write(BEGIN + piece(role="assistant"))
    for _ in range(pieces):
        await asyncio.sleep(PACE_S)
        writer.write(WORD)
        await writer.drain()  # who has left hears no more
    writer.write(LAST)
    await writer.drain()


async def main(port: int) -> None:
    """Serve until the process is ended."""
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
