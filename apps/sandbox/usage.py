"""What a worker process of the sandbox has used, as the kernel counts it."""

from dataclasses import dataclass


@dataclass
class Usage:
    """Processor time and peak memory; None where nothing was measured."""

    cpu_ms: float | None = None
    peak_kb: int | None = None

    def add(self, other: "Usage") -> None:
        """Take in another measurement: times add up, of peaks the highest counts."""
        if other.cpu_ms is not None:
            self.cpu_ms = (self.cpu_ms or 0) + other.cpu_ms
        if other.peak_kb is not None:
            self.peak_kb = max(self.peak_kb or 0, other.peak_kb)


def usage_of(pid: int) -> Usage:
    """Return what a process has used since it began; nothing of one that is gone, or elsewhere."""
    try:
        with open(f"/proc/{pid}/schedstat") as file:
            nanoseconds = int(file.read().split()[0])
        with open(f"/proc/{pid}/status") as file:
            peak = next((line for line in file if line.startswith("VmHWM:")), "")
    except (OSError, ValueError, IndexError):
        return Usage()
    return Usage(round(nanoseconds / 1e6, 3), int(peak.split()[1]) if peak else None)
