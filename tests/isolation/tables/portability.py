"""Requests about archives of the workspace."""

from tests.isolation.probe import FORM, LIST, NOBODYS, OCTETS, UPLOAD, Probe, api

WITH_SECRETS = {"with_secrets": "on", "passphrase": "correct horse 12", "again": "correct horse 12"}
SENT = (
    b'--part\r\nContent-Disposition: form-data; name="file"; filename="x.zip"\r\n'
    b"Content-Type: application/zip\r\n\r\nno archive\r\n--part--\r\n"
)
PORTABILITY = [
    api("archive-list", **LIST),
    api("archive-list", "POST", body={}, **LIST),
    api("archive-detail", pk="whole_archive"),
    api("archive-detail", "DELETE", pk="whole_archive", shows=False),
    api("archive-cancel", "POST", pk="going_archive", shows=False),
    api("archive-piece", pk="whole_archive", number=1, asks_storage=True, shows=False),
    api("archive-import-list", **LIST),
    api("archive-import-list", "POST", body={"file_name": "x.zip"}, **NOBODYS),
    api("archive-import-detail", pk="archive_import"),
    api(
        "archive-import-piece",
        "PUT",
        pk="archive_import",
        number=2,
        media=OCTETS,
        body=b"more",
        asks_storage=True,
    ),
    api("archive-import-start", "POST", pk="archive_import", body={}),
    api("archive-import-cancel", "POST", pk="archive_import"),
    Probe("portability:imports", **LIST),
    Probe("portability:imports", "POST", media=UPLOAD, body=SENT, asks_storage=True, **NOBODYS),
    Probe(
        "portability:start_import", "POST", {"job_id": "archive_import"}, media=FORM, shows=False
    ),
    Probe("portability:import", args={"job_id": "archive_import"}),
    Probe(
        "portability:cancel_import", "POST", {"job_id": "archive_import"}, media=FORM, shows=False
    ),
    Probe("portability:history", **NOBODYS),
    Probe("portability:archives", query="state=ready", **LIST),
    Probe("portability:contents", **NOBODYS),
    Probe("portability:start", "POST", media=FORM, body=WITH_SECRETS, **NOBODYS),
    Probe("portability:cancel", "POST", {"export_id": "going_archive"}, media=FORM, shows=False),
    Probe("portability:delete", "POST", {"export_id": "whole_archive"}, media=FORM, shows=False),
    Probe("portability:file", args={"export_id": "whole_archive"}, asks_storage=True, shows=False),
]
