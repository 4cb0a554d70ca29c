"""`python -m bench.start`: cold and warm start of the whole product, its CPU time and its memory.

Seconds until it says that it is ready; CPU seconds of all its processes till then; memory as the
proportional set size of all of them, idle, in MB.
"""

import json
import os
import time
from pathlib import Path

from apps.local.temporary import temporary_folder
from bench.product import running

TICK = os.sysconf("SC_CLK_TCK")
SETTLE_S = 5


def main() -> None:
    with temporary_folder() as data:
        cold, warm = measure(data), measure(data)
    found = {
        "bench": "start",
        "cold_s": cold["seconds"],
        "cold_cpu_s": cold["cpu"],
        "warm_s": warm["seconds"],
        "warm_cpu_s": warm["cpu"],
        "pss_mb": warm["memory"],
        "processes": warm["processes"],
    }
    print(json.dumps(found))


def measure(data: Path) -> dict[str, float]:
    """Start the product on a data folder, let it be idle for a while, and stop it."""
    with running(data) as product:
        cpu = sum(cpu_of(pid) for pid in family(product.process.pid))
        time.sleep(SETTLE_S)
        members = family(product.process.pid)
        memory = sum(memory_of(pid) for pid in members) / 1024
    return {
        "seconds": round(product.seconds, 2),
        "cpu": round(cpu, 2),
        "memory": round(memory),
        "processes": len(members),
    }


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    threads = Path(f"/proc/{pid}/task")
    try:
        lists = [path / "children" for path in threads.iterdir()] or [children]
        found = [int(child) for path in lists for child in path.read_text().split()]
    except OSError:
        return []
    return [pid, *(member for child in found for member in family(child))]


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process and of its children that have ended."""
    parts = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(part) for part in parts[11:15]) / TICK


def memory_of(pid: int) -> int:
    """Return the proportional set size in KiB; 0 for a process that has just ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main()
