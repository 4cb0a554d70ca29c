"""Is a pack still as it was written? Every file against the manifest, that against its signature, and the chain.

What is read may come from anywhere: it is read in pieces, and nothing of it is believed.
"""

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from apps.audit.chain import hash_of_told
from apps.common.types import JSONDict
from apps.evidence.sections.closing import MANIFEST, SIGNATURE, signed
from apps.vault.signing import fits_public

PIECE = 1 << 20
MOST_JSON = 64 << 20  # of a manifest
MOST_LINE = 32 << 20
TRAIL = "audit/entries-"
# In how many ways a file that is not whole breaks its reader.
BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, ValueError, LookupError, TypeError, AttributeError,
    EOFError, OSError, RuntimeError,
)  # fmt: skip


@dataclass
class Findings:
    """What a check found: what is wrong, and what the pack says of itself."""

    wrong: list[str] = field(default_factory=list)
    manifest: JSONDict = field(default_factory=dict)
    public_key: str = ""
    files: int = 0
    entries: int = 0


def check(
    file: IO[bytes] | str, fits: Callable[[JSONDict, bytes, str], bool] | None = None
) -> Findings:
    """Check a pack; `fits` tells whether a signature is that of the workspace whose manifest it is.

    Without it the signature is checked by the key in the pack, which has to be compared by hand.
    """
    found = Findings()
    try:
        with zipfile.ZipFile(file) as archive:
            _check(archive, found, fits)
    except BROKEN as error:
        found.wrong.append(f"The pack cannot be read: {error!r}")
    return found


def _check(
    archive: zipfile.ZipFile, found: Findings, fits: Callable[[JSONDict, bytes, str], bool] | None
) -> None:
    text = _whole(archive, MANIFEST)
    found.manifest = json.loads(text)
    _check_signature(archive, found, text, fits)
    listed = {each["name"]: each for each in found.manifest["files"]}
    names = [info.filename for info in archive.infolist()]
    if len(set(names)) != len(names):
        found.wrong.append("A name is there twice.")
    for name in sorted(set(names) - set(listed) - {MANIFEST, SIGNATURE}):
        found.wrong.append(f"{name} is not in the manifest.")
    for name, told in listed.items():
        _check_file(archive, name, told, found)
    _check_trail(archive, [name for name in listed if name.startswith(TRAIL)], found)


def _check_signature(
    archive: zipfile.ZipFile,
    found: Findings,
    manifest: bytes,
    fits: Callable[[JSONDict, bytes, str], bool] | None,
) -> None:
    told = json.loads(_whole(archive, SIGNATURE))
    found.public_key = str(told["public_key"])
    message = signed(hashlib.sha256(manifest).hexdigest())
    signature = str(told["signature"])
    if told["signs"] != message.decode() or not fits_public(found.public_key, message, signature):
        found.wrong.append("The signature is not that of the manifest.")
    elif fits is not None and not fits(found.manifest, message, signature):
        found.wrong.append("The signature is not by a key of the workspace.")


def _check_file(archive: zipfile.ZipFile, name: str, told: JSONDict, found: Findings) -> None:
    total, size = hashlib.sha256(), 0
    try:
        with archive.open(name) as file:
            while piece := file.read(PIECE):
                total.update(piece)
                size += len(piece)
                if size > told["size"]:
                    break
    except KeyError:
        found.wrong.append(f"{name} is missing.")
        return
    except BROKEN as error:
        found.wrong.append(f"{name} cannot be read: {error}")
        return
    if (size, total.hexdigest()) != (told["size"], told["sha256"]):
        found.wrong.append(f"{name} is not as it was written.")
    found.files += 1


def _check_trail(archive: zipfile.ZipFile, names: list[str], found: Findings) -> None:
    """Follow the chain from line to line; what is wrong is said once."""
    before: str | None = None
    number: int | None = None
    for line in _lines(archive, names):
        if number is not None and (line["number"], line["before"]) != (number + 1, before):
            found.wrong.append(f"Entry {number + 1} of the trail is missing.")
            return
        number, before = line["number"], line["hash"]
        if line["entry"] is None:
            found.wrong.append(f"Entry {number} of the trail was deleted.")
            return
        if hash_of_told(line["number"], line["entry"], line["before"] or "") != line["hash"]:
            found.wrong.append(f"Entry {number} of the trail was changed.")
            return
        found.entries += 1
    if found.entries != found.manifest["entries"]:
        found.wrong.append(f"{found.manifest['entries']} entries of the trail are told, {found.entries} are there.")  # fmt: skip


def _lines(archive: zipfile.ZipFile, names: list[str]) -> Iterator[Any]:
    for name in names:
        try:
            with archive.open(name) as file:
                while line := file.readline(MOST_LINE):
                    yield json.loads(line)
        except KeyError:
            return  # it was said that it is missing


def _whole(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return a small file. Raises KeyError, ValueError."""
    with archive.open(name) as file:
        data = file.read(MOST_JSON + 1)
    if len(data) > MOST_JSON:
        raise ValueError(f"{name} is too large.")
    return data
