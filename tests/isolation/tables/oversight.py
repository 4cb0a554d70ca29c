"""Requests about the audit trail: entries, the chain, verifications."""

from tests.isolation.probe import FORM, LIST, NOBODYS, Probe, api

OVERSIGHT = [
    api("audit-entry-list", **LIST),
    api("audit-entry-list", query="q=canary&action=member.*&result=ok&since=2020-01-01", note="some", **LIST),
    api("audit-entry-detail", pk="entry"),
    api("audit-chain", **NOBODYS),
    api("audit-verification-list", **LIST),
    api("audit-verification-list", "POST", **LIST),
    api("audit-verification-detail", pk="verification"),
    Probe("oversight:trail", **LIST),
    Probe("oversight:trail", query="open={entry}", note="an open one"),
    Probe("oversight:entry", args={"entry_id": "entry"}),
    Probe("oversight:verify", "POST", media=FORM, **NOBODYS),
]  # fmt: skip
