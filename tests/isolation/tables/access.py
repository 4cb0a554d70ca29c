"""Requests about who has what."""

from tests.isolation.probe import FORM, LIST, NOBODYS, Probe, api

ACCESS = [
    api("access-list", **LIST),
    api("access-list", query="kind=person&state=active&use=dormant", note="some", **NOBODYS),
    Probe("access:report", elsewhere=None),
    Probe("access:export", "POST", media=FORM, body={"format": "csv"}, **LIST),
]
