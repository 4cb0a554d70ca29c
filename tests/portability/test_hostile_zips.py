"""Hostile files: what is no archive of ours is refused before anything of it is read further."""

import io
import json
import struct
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from apps.files import zips
from apps.portability import archive as reading
from apps.portability.archive import Archive
from apps.portability.exceptions import BadArchive
from tests.portability.forging import Forged, zipped

END = 22


def opened(data: bytes) -> Archive:
    return Archive(io.BytesIO(data), len(data))


def honest() -> Forged:
    return Forged({"folders": [{"id": "x"}]})


def refused(data: bytes, why: str) -> None:
    with pytest.raises(BadArchive, match=why):
        archive = opened(data)
        for path in archive.paths("folders"):
            archive.read(path)
        list(archive.rows("folders"))


def test_an_honest_one_is_read() -> None:
    archive = opened(honest().data())
    assert list(archive.rows("folders")) == [{"id": "x"}]
    assert archive.total == 1


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no ZIP"),
        (b"PK", "no ZIP"),
        (b"x" * 500, "no ZIP"),
        (b"\x1f\x8b" + b"\0" * 100, "no ZIP"),
        (b"PK\x05\x06" + b"\0" * 18, "no manifest"),
        (b"PK\x05\x06" + b"\0" * 16 + b"\x01\0", "no ZIP"),  # a comment that is not there
    ],
)
def test_what_is_no_archive(data: bytes, why: str) -> None:
    refused(data, why)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "rows/../../x.jsonl",
        "rows/folders/../../../00001.jsonl",
        "C:\\Windows\\x",
        "rows\\folders\\00001.jsonl",
        "rows/Folders/00001.jsonl",
        "rows/folders/00001.jsonl.gz",
        "files/not-an-id",
        "files/0198aaaa-0000-7000-8000-000000000000/x",
        "rows/folders/",
        "nested.zip",
        ".env",
    ],
)
def test_names_that_no_archive_has(name: str) -> None:
    files = {
        **honest().files,
        name: b"x",
        "manifest.json": json.dumps(honest().manifest()).encode(),
    }
    with pytest.raises(BadArchive):
        opened(zipped(files))


def test_a_name_with_an_end_in_it() -> None:
    record, packed = zips.record("manifest.json\x00.txt", json.dumps(honest().manifest()).encode())
    head = zips.header(record) + packed
    refused(head + zips.directory([record], offset=len(head)), "of the name")


def test_a_name_twice() -> None:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as made:
        warnings.simplefilter("ignore")
        for data in (b"{}", b"{}"):
            made.writestr("manifest.json", data)
    refused(out.getvalue(), "twice")


def _link(info: zipfile.ZipInfo) -> None:
    info.external_attr = 0o120777 << 16


def test_a_link() -> None:
    files = {**honest().files, "manifest.json": json.dumps(honest().manifest()).encode()}
    refused(zipped(files, change=_link), "is a link")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_to_compress(method: int) -> None:
    files = {**honest().files, "manifest.json": json.dumps(honest().manifest()).encode()}
    refused(zipped(files, method=method), "a way that is not read")


def _directory_entries(data: bytes) -> list[int]:
    """Return where the entries of the directory begin."""
    found, at = [], data.index(b"PK\x01\x02")
    while data[at : at + 4] == b"PK\x01\x02":
        found.append(at)
        name, extra, comment = struct.unpack_from("<HHH", data, at + 28)
        at += 46 + name + extra + comment
    return found


def patched(data: bytes, place: int, form: str, value: int, *, local: int | None = None) -> bytes:
    """Write a value into each entry of the directory, and into the files' own headers."""
    changed = bytearray(data)
    for at in _directory_entries(data):
        struct.pack_into(form, changed, at + place, value)
        if local is not None:
            offset = struct.unpack_from("<I", data, at + 42)[0]
            struct.pack_into(form, changed, offset + local, value)
    return bytes(changed)


def test_encrypted_files() -> None:
    refused(patched(honest().data(), 8, "<H", 0x1, local=6), "is encrypted")


def test_a_size_that_would_be_too_much() -> None:
    refused(patched(honest().data(), 24, "<I", 0x7FFFFFFF), "larger than such a file")


def test_a_file_that_is_longer_than_its_directory_says() -> None:
    """A bomb that lies: what is read ends at what was announced, and is not what the hash names."""
    forged = Forged({"folders": [{"id": "x" * 100_000}]})
    data = forged.data()
    [at, *_] = _directory_entries(data)
    lying = bytearray(data)
    struct.pack_into("<I", lying, at + 24, 10)
    refused(bytes(lying), "not as long|broken")


def test_files_that_lie_in_each_other() -> None:
    data = Forged({"folders": [{"id": "x"}], "groups": [{"id": "y"}]}).data()
    first, second, _ = _directory_entries(data)
    overlapping = bytearray(data)
    offset = struct.unpack_from("<I", data, first + 42)[0]
    struct.pack_into("<I", overlapping, second + 42, offset)
    refused(bytes(overlapping), "overlap")


def test_a_file_that_goes_into_the_directory() -> None:
    refused(patched(honest().data(), 20, "<I", 1 << 20), "overlap")


def test_a_bomb_of_many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_FILES", 1)
    refused(honest().data(), "more than 1 files")


def test_a_directory_that_is_announced_as_huge(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(honest().data())
    struct.pack_into("<I", data, len(data) - END + 12, 0x7FFFFFFF)
    refused(bytes(data), "more than")


def test_a_ratio_that_none_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "RATIO_FROM", 1 << 16)
    refused(Forged({"folders": [{"id": "x" * (4 << 20)}]}).data(), "far larger")


def test_an_archive_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 100)
    refused(honest().data(), "larger than")


@pytest.mark.parametrize("cut", [1, 10, 30, 100])
def test_a_file_that_ends_too_soon(cut: int) -> None:
    data = honest().data()
    refused(data[:-cut], "no ZIP|cannot be read|no manifest")


def test_bytes_that_were_changed_on_the_way() -> None:
    data = bytearray(zipped({**honest().files, "manifest.json": b"{}"}, method=zipfile.ZIP_STORED))
    manifest = json.dumps(honest().manifest()).encode()
    files = {**honest().files, "manifest.json": manifest}
    data = bytearray(zipped(files, method=zipfile.ZIP_STORED))
    data[data.index(b'"x"') + 1] ^= 1
    refused(bytes(data), "broken|differs")


def _told(**over: Any) -> Callable[[], Forged]:
    def made() -> Forged:
        forged = honest()
        forged.told = over
        return forged

    return made


LISTED = {
    "path": "rows/folders/00001.jsonl",
    "kind": "folders",
    "rows": 1,
    "size": 12,
    "sha256": "0" * 64,
}


@pytest.mark.parametrize(
    ("forged", "why"),
    [
        (_told(format="tar"), "no archive of a workspace"),
        (_told(version=2), "of version 2"),
        (_told(version="1"), "of version 1"),
        (_told(version=True), "of version True"),
        (_told(extra=1), "extra"),
        (_told(moment="yesterday"), "no moment"),
        (_told(kinds={"folders": 2}), "count its files"),
        (_told(kinds={}), "count its files"),
        (_told(kinds={"folders": -1}), "cannot be read: kinds"),
        (_told(archive="../x"), "cannot be read: archive"),
        (_told(files=[]), "not those that the manifest lists"),
        (_told(files=[LISTED]), "differs"),
        (_told(files=[LISTED | {"size": 13}]), "as long as"),
        (_told(files=[LISTED | {"kind": "groups"}], kinds={"groups": 1}), "of the kind"),
        (_told(files=[LISTED | {"rows": None}]), "of the kind"),
        (_told(files=[LISTED, LISTED]), "lists a file twice"),
        (_told(files=[LISTED | {"sha256": "x"}]), "sha256"),
        (_told(secrets={"kdf": "argon2id", "rounds": 10**9}), "cannot be read: secrets"),
        (lambda: Forged({"sorcery": [{"id": "x"}]}), "knows no rows of the kind"),
    ],
)  # fmt: skip
def test_manifests_that_do_not_fit(forged: Callable[[], Forged], why: str) -> None:
    refused(forged().data(), why)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"[]\n", "is no object"),
        (b"{\n", "cannot be read"),
        (b"{}", "middle of a line"),
        (b"\n", "cannot be read"),
        (b'{"a": NaN}\n', "not valid JSON"),
        (b'{"a": 1e999}\n', "too large a number"),
        (b'{"a": 1, "a": 2}\n', "appears twice"),
        (b'{"a": "\\u0000"}\n', "NUL"),
        (b'{"a": "\\ud800"}\n', "surrogate"),
        (b"\xff\n", "UTF-8"),
        (b'{"a":' + b"[" * 200 + b"]" * 200 + b"}\n", "nested deeper"),
        (b'{"a":' + b"[" * 100_000 + b"\n", "nested deeper|not valid JSON"),
    ],
)
def test_lines_that_are_no_rows(line: bytes, why: str) -> None:
    class Lined(Forged):
        @property
        def files(self) -> dict[str, bytes]:
            return {"rows/folders/00001.jsonl": line}

    refused(Lined().data(), why)


def test_a_line_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_LINE", 5)
    refused(honest().data(), "longer than a row")
