"""Large values of runs: claim checks.

A value whose JSON is longer than 256 KiB is kept as a blob, and its row refers to it by a foreign
key that nobody outside can write; in the value's own column stands its beginning, to be shown. The
storage is asked by whoever has the value in hand, before the transaction that refers to it.
"""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from asgiref.sync import sync_to_async

from apps.classification.veil import column, resolved
from apps.common.types import JSON, JSONDict
from apps.files import services as files
from apps.files.exceptions import BlobUnusable, StorageAway
from apps.files.models import Blob
from apps.runs.models import NodeRun, Run
from apps.tenants.database import give_back

INLINE = 256 << 10  # bytes of JSON that a row holds
SHOWN = 1_000  # characters that stand for a value that is kept elsewhere
UNREADABLE = (StorageAway, BlobUnusable)
R = TypeVar("R")

# Not the threads of the database: a storage that is slow must not hold up everybody's queries.
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="payloads")


@dataclass(frozen=True)
class Kept:
    """A value as its row holds it."""

    shown: JSON  # the value itself, or its beginning
    blob: Blob | None = None


def keep(value: JSON) -> Kept:
    """Return a value as a row is to hold it, withheld where it is marked. Raises StorageAway.

    Where the caller holds a transaction open it stays in the row: the storage is not waited for.
    """
    value = column(value)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    data = text.encode()
    if len(data) <= INLINE or not files.may_ask():
        return Kept(value)
    return Kept(beginning(text), files.store(data))


def read(shown: JSON, blob: Blob | None) -> JSON:
    """Return the whole value, for who carries the run as it was. Raises StorageAway, BlobUnusable."""
    return resolved(shown if blob is None else json.loads(files.load(blob)))


def read_or_error(shown: JSON, blob: Blob | None) -> JSON:
    """Return the whole value, or the error that its reader is to meet."""
    try:
        return read(shown, blob)
    except UNREADABLE as error:
        return error


def read_decision(decisions: dict[Any, JSONDict], key: Any) -> JSONDict | None:
    """Take out what ended a step's wait; what another run gave is read whole.

    Raises StorageAway, BlobUnusable; the decision then is still there.
    """
    decision = dict(decisions.get(key) or {})
    if "blob" in decision:
        decision["outputs"] = read(decision["outputs"], decision.pop("blob"))
    decisions.pop(key, None)
    return decision or None


def beginning(text: str) -> JSONDict:
    """Return what stands for a value whose JSON is too long to be shown whole."""
    return {"truncated": True, "size": len(text.encode()), "preview": text[:SHOWN]}


def at_most(value: JSON, characters: int) -> JSON:
    """Return a value as a list shows it: whole, or its beginning."""
    text = json.dumps(value, ensure_ascii=False)
    return value if len(text) <= characters else beginning(text)


def lay_aside(run: Run) -> Run:
    """Keep the large values of a run that is not saved yet. Raises StorageAway."""
    for name in ("inputs", "edited"):
        if getattr(run, f"{name}_blob_id") is None:
            kept = keep(getattr(run, name))
            setattr(run, name, kept.shown)
            setattr(run, f"{name}_blob", kept.blob)
    return run


def shared_inputs(run: Run) -> JSONDict:
    """Return the inputs of a run that is carried, for a part of it that another run carries."""
    inputs = column(run.inputs)
    if run.inputs_blob is None:
        return {"inputs": inputs}
    shown = beginning(json.dumps(inputs, ensure_ascii=False, separators=(",", ":")))
    return {"inputs": shown, "inputs_blob": run.inputs_blob}


def restore(run: Run) -> Run:
    """Give a run its whole values, in memory, to be carried on. Raises StorageAway, BlobUnusable."""
    run.inputs = read(run.inputs, run.inputs_blob)
    run.edited = read(run.edited, run.edited_blob)
    run.pins, run.answers, run.loops = resolved([run.pins, run.answers, run.loops])
    return run


def name_of_file(row: NodeRun, name: str) -> str:
    """Return what a downloaded `input` or `output` of a step is called."""
    return f"{row.run_id}-{row.node}-{name}.json"


def text_of(row: NodeRun, name: str) -> bytes:
    """Return the `input` or `output` of a step as JSON text. Raises StorageAway, BlobUnusable."""
    blob: Blob | None = getattr(row, f"{name}_blob")
    if blob is not None:
        return files.load(blob)
    return json.dumps(getattr(row, name), ensure_ascii=False).encode()


async def aside(function: Callable[..., R], *args: Any) -> R:
    """Run what asks the storage in a thread of its own, in the caller's tenant."""
    hop = sync_to_async(_released, thread_sensitive=False, executor=_threads)
    return await hop(partial(function, *args))


def _released(function: Callable[[], R]) -> R:
    try:
        return function()
    finally:
        give_back()
