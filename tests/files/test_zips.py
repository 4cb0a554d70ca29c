"""Archives that are written in pieces are read by any program."""

import zipfile
from dataclasses import replace
from pathlib import Path

from apps.files import zips


def test_offsets_beyond_four_gibibytes_are_read(tmp_path: Path) -> None:
    """They stand in the wide fields; the file is sparse."""
    far = 1 << 32
    near, body = zips.record("near.txt", b"near")
    distant, distant_body = zips.record("distant.txt", b"distant")
    distant = replace(distant, offset=far)
    path = tmp_path / "far.zip"
    with path.open("wb") as out:
        out.write(zips.header(near) + body)
        out.seek(far)
        out.write(zips.header(distant) + distant_body)
        out.write(zips.directory([near, distant], offset=out.tell()))
    with zipfile.ZipFile(path) as archive:
        assert [archive.read(name) for name in archive.namelist()] == [b"near", b"distant"]
        assert archive.testzip() is None
