"""Requests about archives of the workspace."""

from tests.isolation.probe import FORM, LIST, NOBODYS, Probe, api

WITH_SECRETS = {"with_secrets": "on", "passphrase": "correct horse 12", "again": "correct horse 12"}
PORTABILITY = [
    api("archive-list", **LIST),
    api("archive-list", "POST", body={}, **LIST),
    api("archive-detail", pk="whole_archive"),
    api("archive-detail", "DELETE", pk="whole_archive", shows=False),
    api("archive-cancel", "POST", pk="going_archive", shows=False),
    api("archive-piece", pk="whole_archive", number=1, asks_storage=True, shows=False),
    Probe("portability:archives", query="state=ready", **LIST),
    Probe("portability:contents", **NOBODYS),
    Probe("portability:start", "POST", media=FORM, body=WITH_SECRETS, **NOBODYS),
    Probe("portability:cancel", "POST", {"export_id": "going_archive"}, media=FORM, shows=False),
    Probe("portability:delete", "POST", {"export_id": "whole_archive"}, media=FORM, shows=False),
    Probe("portability:file", args={"export_id": "whole_archive"}, asks_storage=True, shows=False),
]
