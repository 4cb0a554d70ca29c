"""Requests about the audit trail: entries, the chain, verifications."""

from tests.isolation.probe import FORM, LIST, NOBODYS, Probe, api

STREAM = {
    "name": "SIEM", "kind": "webhook", "config": {"url": "https://logs.invalid/in"},
    "secret": "a-secret-of-24-characters", "untested": True,
}  # fmt: skip
FIELDS = {"name": "SIEM", "url": "https://logs.invalid/in", "secret": "a" * 24, "untested": "on"}
OVERSIGHT = [
    api("audit-entry-list", **LIST),
    api("audit-entry-list", query="q=canary&action=member.*&result=ok&since=2020-01-01", note="some", **LIST),
    api("audit-entry-detail", pk="entry"),
    api("audit-chain", **NOBODYS),
    api("audit-verification-list", **LIST),
    api("audit-verification-list", "POST", **LIST),
    api("audit-verification-detail", pk="verification"),
    api("audit-export-list", **NOBODYS),
    api("audit-export-list", "POST", body={"format": "csv", "filters": {"action": "member.*"}}, **NOBODYS),
    api("audit-export-detail", pk="export", shows=False),
    api("audit-export-piece", pk="export", number=1, asks_storage=True),
    api("audit-stream-list", **LIST),
    api("audit-stream-list", "POST", body=STREAM, **NOBODYS),
    api("audit-stream-detail", pk="stream"),
    api("audit-stream-detail", "DELETE", pk="stream", shows=False),
    api("audit-stream-pause", "POST", pk="stream"),
    api("audit-stream-resume", "POST", pk="stream"),
    api("audit-stream-test", "POST", pk="stream", shows=False),
    Probe("oversight:streams", **LIST),
    Probe("oversight:new_stream", args={"kind": "s3"}, **NOBODYS),
    Probe("oversight:new_stream", "POST", {"kind": "webhook"}, media=FORM, body=FIELDS, **NOBODYS),
    *(
        Probe("oversight:act_on_stream", "POST", {"stream_id": "stream", "action": each}, media=FORM, note=each, shows=False)
        for each in ("pause", "resume", "test", "delete")
    ),
    Probe("oversight:trail", **LIST),
    Probe("oversight:trail", query="open={entry}", note="an open one"),
    Probe("oversight:entry", args={"entry_id": "entry"}),
    Probe("oversight:exports", **LIST),
    Probe("oversight:start_export", "POST", media=FORM, body={"format": "jsonl", "q": "x"}, **NOBODYS),
    Probe("oversight:export_file", args={"export_id": "export"}, asks_storage=True),
    Probe("oversight:verify", "POST", media=FORM, **NOBODYS),
]  # fmt: skip
