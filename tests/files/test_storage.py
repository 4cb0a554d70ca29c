"""The folder and the bucket keep the same promises; and the bucket's client goes nowhere else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from apps.egress import circuits
from apps.egress.exceptions import BreakerOpen
from apps.files import s3
from apps.files.exceptions import BlobAltered, BlobMissing, StorageAway
from apps.files.storage import Folder, Storage, clear, storage
from apps.tenants.context import Scope, entered

NAME = "t_alpha/ab/0198f0f0f0f07000800000000000ffab"


@pytest.fixture(params=["folder", "bucket"])
def kept(request: pytest.FixtureRequest) -> Storage:
    found: Storage = request.getfixturevalue(request.param)
    return found


class TestBoth:
    def test_what_is_put_is_got_until_it_is_deleted(self, kept: Storage) -> None:
        data = bytes(range(256)) * 5000
        kept.put(NAME, data)
        assert kept.get(NAME, len(data)) == data
        kept.delete(NAME)
        with pytest.raises(BlobMissing):
            kept.get(NAME, len(data))
        kept.delete(NAME)

    def test_a_name_is_replaced_whole(self, kept: Storage) -> None:
        kept.put(NAME, b"first and longer")
        kept.put(NAME, b"second")
        assert kept.get(NAME, 100) == b"second"

    def test_more_than_was_stored_is_not_read(self, kept: Storage) -> None:
        kept.put(NAME, b"x" * 1000)
        with pytest.raises(BlobAltered):
            kept.get(NAME, 999)

    def test_a_workspace_is_cleared_and_its_neighbour_is_not(self, kept: Storage) -> None:
        others = "t_alpha2/ab/" + "0" * 32
        for name in (NAME, others):
            kept.put(name, b"x")
        clear("t_alpha")
        with pytest.raises(BlobMissing):
            kept.get(NAME, 10)
        assert kept.get(others, 10) == b"x"
        clear("t_alpha")
        for schema in ("", "public", "t_alpha/..", "../t_alpha"):
            with pytest.raises(ValueError, match="No workspace"):
                clear(schema)
        kept.delete(others)


class TestFolder:
    def test_only_the_owner_reads_and_nothing_unfinished_stays(self, folder: Folder) -> None:
        folder.put(NAME, b"x")
        path = folder.root / NAME
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert [each.name for each in path.parent.iterdir()] == [path.name]

    def test_what_a_crash_left_half_written_goes_too(self, folder: Folder) -> None:
        folder.put(NAME, b"x")
        half = (folder.root / NAME).with_suffix(".part")
        half.write_bytes(b"half")
        folder.delete(NAME)
        assert not half.exists()

    @pytest.mark.parametrize(
        "name", ["../../etc/passwd", "t_alpha/../x", "/etc/passwd", "public/ab/" + "0" * 32, ""]
    )
    def test_a_name_that_is_not_ours_is_refused(self, folder: Folder, name: str) -> None:
        for ask in (lambda: folder.put(name, b""), lambda: folder.get(name, 1)):
            with pytest.raises(ValueError, match="No name of ours"):
                ask()

    def test_a_folder_that_is_not_there_is_away_not_empty(self, tmp_path: Path) -> None:
        with pytest.raises(StorageAway):
            Folder(tmp_path / "not-mounted").get(NAME, 1)

    def test_a_place_that_cannot_be_written_is_away(self, tmp_path: Path) -> None:
        (tmp_path / "files").write_text("a file where the folder should be")
        with pytest.raises(StorageAway):
            Folder(tmp_path / "files").put(NAME, b"x")


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Quiet(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


class TestBucket:
    @pytest.fixture
    def short(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
        """Settings for a bucket, with time-outs that a test can wait for."""
        settings.S3_BUCKET, settings.S3_REGION = "payloads", "us-east-1"
        settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY = "access", "secret"
        monkeypatch.setattr(s3, "CONNECT_S", 0.5)
        monkeypatch.setattr(s3, "READ_S", 0.5)
        monkeypatch.setattr(s3, "WHOLE_S", 1)
        monkeypatch.setattr(s3, "TRIES", 1)
        storage.cache_clear()
        yield settings
        storage.cache_clear()

    def test_a_store_that_is_down_is_away(self, short: Settings) -> None:
        short.S3_ENDPOINT = "http://127.0.0.1:1"
        with pytest.raises(StorageAway):
            storage().put(NAME, b"x")

    def test_a_store_that_says_nothing_is_away_in_time(self, short: Settings) -> None:
        held = threading.Event()

        class Silent(Quiet):
            def do_GET(self) -> None:
                held.wait(20)

        with answering(Silent) as short.S3_ENDPOINT:
            with pytest.raises(StorageAway):
                storage().get(NAME, 10)
            held.set()

    def test_a_store_that_drips_is_away_in_time(self, short: Settings) -> None:
        class Dripping(Quiet):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "100000000")
                self.end_headers()
                over = threading.Event()
                try:
                    while not over.wait(0.05):
                        self.wfile.write(b"x" * (256 << 10))
                except OSError:
                    return  # the caller hung up

        with answering(Dripping) as short.S3_ENDPOINT, pytest.raises(StorageAway):
            storage().get(NAME, 1 << 30)

    def test_a_bucket_that_is_not_there_is_away_not_empty(
        self, short: Settings, s3_server: str
    ) -> None:
        short.S3_ENDPOINT, short.S3_BUCKET = s3_server, "another"
        with pytest.raises(StorageAway):
            storage().get(NAME, 10)

    def test_a_store_that_keeps_failing_is_left_alone(self, short: Settings) -> None:
        short.S3_ENDPOINT = "http://127.0.0.1:1"
        with entered(Scope("t_storage")):
            for _ in range(circuits.RULES.failures):
                with pytest.raises(StorageAway):
                    storage().get(NAME, 10)
            (circuit,) = circuits.listed()
            assert (circuit.service, circuit.target, circuit.open) == ("storage", s3.STORE, True)
            with pytest.raises(StorageAway) as caught:
                storage().put(NAME, b"x")
            assert isinstance(caught.value.__cause__, BreakerOpen)
            assert int(caught.value.headers["Retry-After"]) > 5

    def test_a_store_that_answers_is_well_whatever_it_says(
        self, short: Settings, s3_server: str
    ) -> None:
        short.S3_ENDPOINT = s3_server
        with entered(Scope("t_storage")):
            for bucket in ("payloads", "another"):
                short.S3_BUCKET = bucket
                storage.cache_clear()
                for _ in range(circuits.RULES.failures):
                    with pytest.raises((BlobMissing, StorageAway)):
                        storage().get(NAME[:-2] + "00", 10)
            assert circuits.listed() == []

    @pytest.mark.parametrize("status", [301, 302, 307])
    def test_no_answer_leads_it_elsewhere(self, short: Settings, status: int) -> None:
        visited: list[str] = []

        class Elsewhere(Quiet):
            def do_GET(self) -> None:
                visited.append(self.path)
                self.send_response(200)
                self.send_header("Content-Length", "1")
                self.end_headers()
                self.wfile.write(b"x")

            do_HEAD = do_GET  # noqa: N815 - the name that the base class calls

        with answering(Elsewhere) as other:

            class Redirecting(Quiet):
                def do_GET(self) -> None:
                    self.send_response(status)
                    self.send_header("Location", f"{other}/payloads/{NAME}")
                    self.send_header("x-amz-bucket-region", "eu-central-1")
                    self.send_header("Content-Length", "0")
                    self.end_headers()

                do_HEAD = do_GET  # noqa: N815 - the name that the base class calls

            with answering(Redirecting) as short.S3_ENDPOINT, pytest.raises(StorageAway):
                storage().get(NAME, 10)
        assert visited == []
