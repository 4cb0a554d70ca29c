"""How large the studio is where it is opened: the entry with all that it needs at once.

What is fetched later is told, and counts for nothing: a person who only looks does not wait for it.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ENTRY = "src/entries/studio.tsx"
MOST = 240_000  # bytes as they are sent, compressed
TOLD = 12  # of what comes later, the largest

Manifest = dict[str, dict[str, Any]]


def check(dist: Path) -> tuple[bool, str]:
    """Tell whether the built studio keeps to its budget, and in words how large what is."""
    manifest: Manifest = json.loads((dist / "manifest.json").read_text())
    at_once = set(needed(manifest, ENTRY))
    first = _sizes(dist, {manifest[name]["file"] for name in at_once})
    later = _sizes(dist, _scripts(manifest) - first.keys())
    total = sum(first.values())
    words = (
        f"The studio opens with {_kb(total)} of at most {_kb(MOST)} (gzip), "
        f"in {len(first)} files:\n{_lines(first)}\n"
        f"Fetched later, {len(later)} files with {_kb(sum(later.values()))}; "
        f"the largest:\n{_lines(later, TOLD)}"
    )
    if total <= MOST:
        return True, words
    over = (
        f"\nThat is {_kb(total - MOST)} too much. Load what is not seen at first with `lazily()`, "
        "or find what a library brings along."
    )
    return False, words + over


def needed(manifest: Manifest, name: str) -> Iterator[str]:
    """Yield a chunk and all that it imports statically, each once."""
    found, waiting = set(), [name]
    while waiting:
        each = waiting.pop()
        if each in found:
            continue
        found.add(each)
        yield each
        waiting += manifest[each].get("imports", [])


def _scripts(manifest: Manifest) -> set[str]:
    return {chunk["file"] for chunk in manifest.values() if chunk["file"].endswith(".js")}


def _sizes(dist: Path, files: set[str]) -> dict[str, int]:
    """Return the files by their compressed size, the largest first."""
    sizes = {name: len(gzip.compress((dist / name).read_bytes(), 9)) for name in files}
    return dict(sorted(sizes.items(), key=lambda each: -each[1]))


def _lines(sizes: dict[str, int], most: int | None = None) -> str:
    return "\n".join(f"  {_kb(size):>9}  {name}" for name, size in list(sizes.items())[:most])


def _kb(size: int) -> str:
    return f"{size / 1000:.1f} kB"
