"""Requests about evidence packs."""

from tests.isolation.probe import FORM, LIST, NOBODYS, Probe, api

PERIOD = {"since": "2026-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"}
DAYS = {"first": "2026-01-01", "last": "2098-12-31"}
ANY = {"pack_id": "pack"}
EVIDENCE = [
    api("evidence-pack-list", **LIST),
    api("evidence-pack-list", query="status=done", note="filtered", **LIST),
    api("evidence-pack-list", "POST", body=PERIOD, **NOBODYS),
    api("evidence-pack-detail", pk="pack"),
    api("evidence-pack-file", pk="pack", shows=False, asks_storage=True),
    api("evidence-pack-cancel", "POST", pk="stopped_pack"),
    api("evidence-pack-detail", "DELETE", pk="pack", shows=False),
    Probe("evidence:list", **LIST),
    Probe("evidence:start", "POST", media=FORM, body=DAYS, **NOBODYS),
    Probe("evidence:file", "POST", ANY, media=FORM, shows=False, asks_storage=True),
    Probe("evidence:cancel", "POST", {"pack_id": "stopped_pack"}, media=FORM, shows=False),
    Probe("evidence:delete", "POST", ANY, media=FORM, shows=False),
]
