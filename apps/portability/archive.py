"""Reading an archive that may be hostile: nothing of it is believed before it is measured.

The directory is found and measured before the library reads it; names, methods, sizes and places of
all files are checked before any is opened; each file is read to a bound, and compared with the
manifest by size and hash. Nothing is written to a path that the archive names.
"""

import hashlib
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.common.errors import DomainError
from apps.common.parsing import parse_json
from apps.common.types import JSON, JSONDict
from apps.files.services import MAX_BYTES
from apps.portability import sealing
from apps.portability.contents import kind_named
from apps.portability.exceptions import BadArchive

MOST_BYTES = 16 << 30  # of the file
MOST_FILES = 120_000
MOST_DIRECTORY = 64 << 20
MOST_MANIFEST = 64 << 20
MOST_LINES = 48 << 20  # bytes of one file of rows: 2 MiB, and one row of the largest kind
MOST_LINE = 32 << 20
MOST_WHOLE = 256 << 30  # bytes of all files
MOST_RATIO, RATIO_FROM = 300, 1 << 30  # of what is larger
DEEPEST = 100
FORMAT, VERSION, MANIFEST = "auterity-workspace", 1, "manifest.json"
HEX_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NAME = re.compile(rf"manifest\.json|rows/[a-z_]{{1,40}}/[0-9]{{5}}\.jsonl|files/{HEX_ID}")
LINKED, ENCRYPTED = 0o120000, 0x1
END = struct.Struct("<IHHHHIIH")
LOCATOR, END64 = struct.Struct("<IIQI"), struct.Struct("<IQHHIIQQQQ")
LOCAL_BYTES = 30
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, OSError)
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=1 << 40)]
DRAFTS, SEALED = "workflow_drafts", "secrets"
BESIDE = frozenset({DRAFTS, SEALED})


class Strict(BaseModel):
    """What a manifest says; anything else is refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Listed(Strict):
    """A file of an archive."""

    path: Annotated[str, Field(max_length=120)]
    kind: Annotated[str, Field(max_length=40)]
    rows: Count | None
    size: Count
    sha256: Hash


class Missing(Strict):
    """Stored bytes that could not be read when the archive was written."""

    path: Annotated[str, Field(max_length=120)]
    why: Annotated[str, Field(max_length=300)]


class Place(Strict):
    """The workspace that an archive was written of."""

    id: Annotated[str, Field(pattern=rf"^{HEX_ID}$")]
    name: Annotated[str, Field(max_length=200)]
    slug: Annotated[str, Field(max_length=63)]


class Terms(Strict):
    """How the key of sealed secrets is made. Only our own terms are carried out: others may cost anything."""

    kdf: Literal["argon2id"]
    rounds: Literal[3]
    memory_kib: Literal[65536]
    lanes: Literal[4]
    cipher: Literal["aes-256-gcm"]
    salt: Annotated[str, Field(max_length=64)]
    check: Annotated[str, Field(max_length=200)]


class Manifest(Strict):
    """What an archive says of itself."""

    format: Literal["auterity-workspace"]
    version: Literal[1]
    archive: Annotated[str, Field(pattern=rf"^{HEX_ID}$")]
    workspace: Place
    moment: Annotated[str, Field(max_length=40)]
    secrets: Terms | None
    kinds: dict[str, Count]
    files: list[Listed]
    missing: list[Missing]
    without: dict[str, list[str]]
    left_out: list[dict[str, str]]

    @property
    def at(self) -> datetime:
        """As when everything is in it. Raises ValueError."""
        return datetime.fromisoformat(self.moment)


class Archive:
    """An archive in a file of ours, measured; rows and bytes are read one by one."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        _measure_directory(file, size)
        try:
            self._zip = zipfile.ZipFile(file)
            found = self._zip.infolist()
        except (*BROKEN, UnicodeDecodeError, ValueError) as error:
            raise BadArchive("This is no ZIP that can be read.") from error
        _check_files(found, self._zip.start_dir, size)
        self._infos = {each.filename: each for each in found}
        self.manifest = self._read_manifest()
        self._listed = {each.path: each for each in self.manifest.files}
        self._check_manifest()

    @property
    def id(self) -> UUID:
        """The archive's id."""
        return UUID(self.manifest.archive)

    @property
    def total(self) -> int:
        """How many rows and files there are."""
        return sum(1 if each.rows is None else each.rows for each in self.manifest.files)

    def paths(self, kind: str) -> list[str]:
        """Return the names of the files of a kind, in order."""
        return sorted(each.path for each in self.manifest.files if each.kind == kind)

    def stored(self) -> list[str]:
        """Return the names of the files that are stored bytes."""
        return sorted(path for path in self._listed if path.startswith("files/"))

    def rows(self, kind: str) -> Iterator[JSONDict]:
        """Yield the rows of a kind; a file of them is in memory at a time."""
        for path in self.paths(kind):
            if path.startswith("rows/"):
                yield from self._rows(path)

    def read(self, path: str) -> bytes:
        """Return the bytes of a file, which are those that the manifest lists."""
        listed = self._listed[path]
        data = self._inflated(path, listed.size)
        if len(data) != listed.size:
            raise BadArchive(f"{path} is not as long as the manifest says.")
        if hashlib.sha256(data).hexdigest() != listed.sha256:
            raise BadArchive(f"{path} is not what the manifest says: its SHA-256 differs.")
        return data

    def _rows(self, path: str) -> Iterator[JSONDict]:
        lines = self.read(path).split(b"\n")
        if lines.pop() != b"":
            raise BadArchive(f"{path} ends in the middle of a line.")
        if len(lines) != self._listed[path].rows:
            raise BadArchive(f"{path} does not have as many rows as the manifest says.")
        for number, line in enumerate(lines, start=1):
            row = _parsed(line, f"{path}, line {number}")
            if not isinstance(row, dict):
                raise BadArchive(f"{path}, line {number} is no object.")
            yield row

    def _inflated(self, path: str, most: int) -> bytes:
        try:
            with self._zip.open(self._infos[path]) as file:
                return file.read(most + 1)
        except BROKEN as error:
            raise BadArchive(f"{path} cannot be read: its bytes are broken.") from error

    def _read_manifest(self) -> Manifest:
        info = self._infos.get(MANIFEST)
        if info is None:
            raise BadArchive("There is no manifest.json in it: this is no archive of a workspace.")
        told = _parsed(self._inflated(MANIFEST, MOST_MANIFEST), MANIFEST)
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            raise BadArchive("This is no archive of a workspace.")
        if repr(told.get("version")) != repr(VERSION):
            raise BadArchive(
                f"It is of version {str(told.get('version'))[:20]}; this release reads version {VERSION}."
            )
        try:
            manifest = Manifest.model_validate(told)
            _ = manifest.at
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))[:100]
            raise BadArchive(f"The manifest cannot be read: {place}: {first['msg']}.") from error
        except ValueError as error:
            raise BadArchive("The manifest names no moment.") from error
        return manifest

    def _check_manifest(self) -> None:
        listed = self.manifest.files
        if len(self._listed) != len(listed):
            raise BadArchive("The manifest lists a file twice.")
        if self._listed.keys() | {MANIFEST} != self._infos.keys():
            raise BadArchive("The files in it are not those that the manifest lists.")
        counts = dict[str, int]()
        for each in listed:
            _check_listed(each, self._infos[each.path].file_size)
            counts[each.kind] = counts.get(each.kind, 0) + (1 if each.rows is None else each.rows)
        if counts != self.manifest.kinds:
            raise BadArchive("The manifest does not count its files right.")

    def key_of(self, passphrase: str) -> bytes | None:
        """Return the key of the secrets in it. Raises CannotUnseal for another passphrase."""
        terms = self.manifest.secrets
        if terms is None or not passphrase:
            return None
        return sealing.opened_by(passphrase, self.id, terms.salt, terms.check)


def _measure_directory(file: IO[bytes], size: int) -> None:
    """Refuse a directory that would cost too much to read."""
    if size > MOST_BYTES:
        raise BadArchive(f"It is larger than {MOST_BYTES >> 30} GiB.")
    if size < END.size:
        raise BadArchive("This is no ZIP that can be read.")
    file.seek(size - END.size)
    signature, _, _, _, count, length, _, comment = END.unpack(file.read(END.size))
    if signature != 0x06054B50 or comment:
        raise BadArchive("This is no ZIP that can be read.")
    if size >= END.size + LOCATOR.size + END64.size:
        file.seek(size - END.size - LOCATOR.size)
        locator = LOCATOR.unpack(file.read(LOCATOR.size))
        if locator[0] == 0x07064B50:
            file.seek(size - END.size - LOCATOR.size - END64.size)
            told = END64.unpack(file.read(END64.size))
            count, length = told[7], told[8]
    if count > MOST_FILES or length > MOST_DIRECTORY:
        raise BadArchive(f"It has more than {MOST_FILES:,} files.")


def _check_files(found: list[zipfile.ZipInfo], end: int, size: int) -> None:
    """Refuse names, methods, sizes and places that no archive of ours has."""
    if len(found) > MOST_FILES:
        raise BadArchive(f"It has more than {MOST_FILES:,} files.")
    if len({each.filename for each in found}) != len(found):
        raise BadArchive("A name is in it twice.")
    for each in found:
        _check_file(each)
    whole = sum(each.file_size for each in found)
    if whole > MOST_WHOLE or (whole > RATIO_FROM and whole > MOST_RATIO * size):
        raise BadArchive("What is in it is far larger than an archive of this size can be.")
    _check_places(found, end)


def _check_file(each: zipfile.ZipInfo) -> None:
    name = repr(each.filename[:80])
    if not NAME.fullmatch(each.orig_filename) or each.filename != each.orig_filename:
        raise BadArchive(f"No archive of ours has a file of the name {name}.")
    if (each.external_attr >> 16) & 0o170000 == LINKED:
        raise BadArchive(f"{name} is a link.")
    if each.flag_bits & ENCRYPTED:
        raise BadArchive(
            f"{name} is encrypted. Secrets in an archive are sealed one by one instead."
        )
    if each.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadArchive(f"{name} is compressed in a way that is not read.")
    most = MAX_BYTES if each.filename.startswith("files/") else MOST_LINES
    if each.file_size > (MOST_MANIFEST if each.filename == MANIFEST else most):
        raise BadArchive(f"{name} is larger than such a file can be.")


def _check_places(found: list[zipfile.ZipInfo], end: int) -> None:
    """Refuse files that lie in each other: a few bytes would be read as many files."""
    at = 0
    for each in sorted(found, key=lambda info: info.header_offset):
        if each.header_offset < at:
            raise BadArchive("Files in it overlap.")
        at = each.header_offset + LOCAL_BYTES + len(each.orig_filename) + each.compress_size
    if at > end:
        raise BadArchive("Files in it overlap.")


def _check_listed(each: Listed, size: int) -> None:
    if each.size != size:
        raise BadArchive(f"{each.path} is not as long as the manifest says.")
    is_stored = each.path.startswith("files/")
    if is_stored != (each.rows is None) or (is_stored and each.kind != "files"):
        raise BadArchive(f"{each.path} is not of the kind that the manifest says.")
    if is_stored:
        return
    if kind_named(each.kind) is None and each.kind not in BESIDE:
        raise BadArchive(f"This release knows no rows of the kind {each.kind!r}.")
    if each.path.split("/")[1] != each.kind:
        raise BadArchive(f"{each.path} is not of the kind that the manifest says.")


def _parsed(raw: bytes, where: str) -> JSON:
    if len(raw) > max(MOST_LINE, MOST_MANIFEST if where == MANIFEST else 0):
        raise BadArchive(f"{where} is longer than a row can be.")
    try:
        return parse_json(raw, deepest=DEEPEST)
    except DomainError as error:
        told = error.detail.replace("The body", "It")
        raise BadArchive(f"{where} cannot be read. {told}") from error


def summary(manifest: Manifest) -> dict[str, Any]:
    """Return what people are told of an archive before anything of it is taken in."""
    return {
        "archive": manifest.archive,
        "workspace": manifest.workspace.name,
        "slug": manifest.workspace.slug,
        "moment": manifest.moment,
        "kinds": manifest.kinds,
    }
