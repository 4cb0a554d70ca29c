"""`python -m bench.gateway [calls] [calls of memory]`: what `/v1` adds to a call, beside LiteLLM's proxy.

Starts a provider that thinks of nothing, a product of its own and the proxy, and asks each the same over
HTTP, one after another. Ours has a key, a budget, prices and the ledger on; the proxy its master key
alone, no database. One line of JSON: milliseconds above the direct call, the first piece of a stream,
kept answers, calls for a second of the gateway's CPU, and its memory.

The proxy is installed at first, into a folder of the user's cache, from `rivals/litellm.txt` with its
hashes. `rivals=no` in front leaves it out.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apps.local.processes import free_port
from apps.local.temporary import temporary_folder
from bench.gateway_calls import Door, calls, percentiles
from bench.models import models, wait_for
from bench.product import running
from bench.revoking import Site
from bench.start import cpu_of, family, memory_of
from bench.webhooks import is_web

RIVALS = Path(__file__).resolve().parent / "rivals"
UV = Path(sys.executable).with_name("uv")
CALLERS = (1, 16, 64)
STREAMS = (20, 50)
PARTS = 6  # of the calls over which memory is watched
MASTER = "sk-bench"
CONFIG = """
model_list:
  - model_name: bench
    litellm_params: {{model: openai/bench, api_base: "http://127.0.0.1:{port}/v1", api_key: sk-fake}}
litellm_settings: {{telemetry: false, cache: {cache}, cache_params: {{type: local}}}}
general_settings: {{master_key: {master}}}
"""
# Nothing is asked of the outside, and nothing printed for each call.
QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR", "LITELLM_TELEMETRY": "False",
    "NO_PROXY": "*", "LITELLM_MODE": "PRODUCTION",
}  # fmt: skip


class Measured:
    """A gateway that can be asked, and the process whose CPU it takes."""

    def __init__(self, door: Door, kept: Door | None = None, pid: int = 0) -> None:
        self.door, self.kept, self.pid = door, kept, pid

    def cpu_s(self) -> float:
        """Return the CPU seconds of it and of all that it started."""
        return sum(cpu_of(pid) for pid in family(self.pid)) if self.pid else 0.0

    def memory_mb(self) -> float:
        """Return what it holds."""
        return round(sum(memory_of(pid) for pid in family(self.pid)) / 1024, 1)


def figures(measured: Measured, count: int) -> dict[str, Any]:
    """Return what calls and streams take."""
    calls(measured.door, count)  # what happens at first happens once
    found: dict[str, Any] = {
        f"callers_{callers}": _whole(measured, count, callers) for callers in CALLERS
    }
    for pieces in STREAMS:
        found[f"stream_{pieces}"] = {
            f"callers_{callers}": _stream(measured, count, pieces, callers) for callers in CALLERS
        }
    return found


def _whole(measured: Measured, count: int, callers: int) -> dict[str, Any]:
    count = max(count, callers * 4)
    before = measured.cpu_s()
    taken, seconds = calls(measured.door, count, callers=callers)
    return percentiles([each.whole_ms for each in taken]) | _rates(measured, before, count, seconds)


def _rates(measured: Measured, before: float, count: int, seconds: float) -> dict[str, float]:
    found = {"calls_per_s": round(count / seconds, 1)}
    if measured.pid:
        cpu = measured.cpu_s() - before
        found |= {"cpu_ms": round(cpu / count * 1000, 2), "calls_per_cpu_s": round(count / cpu)}
    return found


def _stream(measured: Measured, count: int, pieces: int, callers: int) -> dict[str, Any]:
    count = max(count, callers * 4)
    before = measured.cpu_s()
    taken, _ = calls(measured.door, count, pieces=pieces, callers=callers)
    found: dict[str, Any] = {"first": percentiles([each.first_ms for each in taken])}
    if measured.pid:
        cpu_ms = (measured.cpu_s() - before) * 1000
        found |= {
            "cpu_ms": round(cpu_ms / count, 2),
            "cpu_ms_a_piece": round(cpu_ms / count / pieces, 3),
        }
    return found


def of_kept(measured: Measured, count: int) -> dict[str, Any]:
    """Return what an answer takes that is kept."""
    assert measured.kept is not None
    calls(measured.kept, 5, same=True)
    return {f"callers_{callers}": _kept(measured, count, callers) for callers in CALLERS}


def _kept(measured: Measured, count: int, callers: int) -> dict[str, Any]:
    assert measured.kept is not None
    count = max(count, callers * 4)
    before = measured.cpu_s()
    taken, seconds = calls(measured.kept, count, same=True, callers=callers)
    return percentiles([each.whole_ms for each in taken]) | _rates(measured, before, count, seconds)


def of_memory(measured: Measured, count: int) -> list[float]:
    """Return megabytes before so many calls, and after each sixth of them."""
    found = [measured.memory_mb()]
    for _ in range(PARTS):
        calls(measured.door, max(1, count // PARTS), callers=16)
        found.append(measured.memory_mb())
    return found


def added(ours: dict[str, Any], direct: dict[str, Any]) -> dict[str, float]:
    """Return what one caller waits longer than for the model alone, in milliseconds."""
    one, other = ours["callers_1"], direct["callers_1"]
    found = {name: round(one[name] - other[name], 2) for name in ("p50_ms", "p95_ms", "p99_ms")}
    first = _first_piece(ours) - _first_piece(direct)
    return {**found, "first_piece_p50_ms": round(first, 2)}


def _first_piece(found: dict[str, Any]) -> float:
    return float(found["stream_50"]["callers_1"]["first"]["p50_ms"])


@contextmanager
def ours(upstream: Door) -> Iterator[Measured]:
    """Start a product whose key may ask the provider by two routes, one of which keeps answers."""
    with (
        temporary_folder() as data,
        running(data, AUTERITY_EGRESS_ALLOW=upstream.origin) as product,
    ):
        words = ("create_api_key", "--tenant", "demo", "--role", "owner", "--name", "bench")
        owner = Site(product.port, product.command(*words))
        _prepare(owner, upstream.origin)
        key = owner.done("POST", "gateway/keys/", {"name": "Bench", "for_program": True})["key"]
        web = next(pid for pid in family(product.process.pid) if is_web(pid))
        door = Door(product.port, key, "bench")
        yield Measured(door, Door(product.port, key, "kept"), web)


def _prepare(owner: Site, origin: str) -> None:
    provider = {
        "name": "Bench", "slug": "fake", "kind": "openai_compatible", "base_url": f"{origin}/v1",
        "credential": "sk-fake", "default_model": "bench",
    }  # fmt: skip
    owner.done("POST", "gateway/providers/", provider)
    price = {"provider": "fake", "model": "bench", "input_usd": "1", "output_usd": "2"}
    owner.done("POST", "gateway/prices/", price)
    targets = [{"provider": "fake", "model": "bench"}]
    for alias in ("bench", "kept"):
        owner.done("POST", "gateway/routes/", {"alias": alias, "targets": targets})
    owner.done("PUT", "gateway/routes/kept/cache/", {"ttl_s": 3_600, "varied": True})
    budget = {"scope": "workspace", "every": "month", "amount_usd": "10000"}
    owner.done("POST", "gateway/budgets/", budget)


@contextmanager
def litellm(upstream: Door, *, cache: bool) -> Iterator[Measured]:
    """Start the proxy in its own environment, with or without its cache in memory."""
    command = installed() / "bin" / "litellm"
    port = free_port()
    with temporary_folder() as folder:
        told = CONFIG.format(port=upstream.port, cache=str(cache).lower(), master=MASTER)
        (folder / "config.yaml").write_text(told)
        env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        process = subprocess.Popen(
            [command, "--config", folder / "config.yaml", "--host", "127.0.0.1", "--port", str(port)],
            cwd=folder, env=env | QUIET, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        door = Door(port, MASTER, "bench")
        try:
            wait_for(door, 180)
            yield Measured(door, door, process.pid)
        finally:
            process.terminate()
            process.wait(30)


def installed() -> Path:
    """Return the proxy's environment, made anew where the list of its packages changed."""
    listed = RIVALS / "litellm.txt"
    named = hashlib.sha256(listed.read_bytes()).hexdigest()[:12]
    place = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    place = place / "auterity" / f"litellm-{named}"
    if not (place / "done").exists():
        subprocess.run([UV, "venv", "--quiet", "--clear", place], check=True)
        subprocess.run(
            [
                UV, "pip", "install", "--quiet", "--python", place / "bin" / "python",
                "--require-hashes", "--only-binary", ":all:", "--compile-bytecode", "-r", listed,
            ],
            check=True,
        )  # fmt: skip
        (place / "done").touch()
    return place


def of_ours(upstream: Door, count: int, over: int) -> dict[str, Any]:
    """Measure the product."""
    with ours(upstream) as measured:
        found = figures(measured, count)
        found["kept"] = of_kept(measured, count)
        found["memory_mb"] = of_memory(measured, over)
    return found


def of_litellm(upstream: Door, count: int, over: int) -> dict[str, Any]:
    """Measure the proxy: without its cache, then kept answers with it."""
    with litellm(upstream, cache=False) as measured:
        found = figures(measured, count)
        found["memory_mb"] = of_memory(measured, over)
    with litellm(upstream, cache=True) as measured:
        found["kept"] = of_kept(measured, count)
    return found


def main(count: int, over: int, *, rivals: bool) -> None:
    """Measure all, and print one line."""
    with models() as upstream:
        direct = figures(Measured(upstream), count)
        found = {"auterity": of_ours(upstream, count, over)}
        if rivals:
            found["litellm"] = of_litellm(upstream, count, over)
    for each in found.values():
        each["added"] = added(each, direct)
    told = {"bench": "gateway", "calls": count, "memory_over": over, "direct": direct, **found}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    given = [each for each in sys.argv[1:] if each != "rivals=no"]
    numbers = [int(each) for each in given] or [1_000]
    main(
        numbers[0],
        numbers[-1] if len(numbers) > 1 else 50_000,
        rivals=len(given) == len(sys.argv) - 1,
    )
