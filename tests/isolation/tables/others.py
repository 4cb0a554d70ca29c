"""Requests about the site itself."""

from tests.isolation.probe import FORM, LIST, NOBODYS, Probe, api

OTHERS = [
    Probe("dashboard:home", **NOBODYS),
    Probe("dashboard:search", **LIST),
    Probe("dashboard:search", query="q=canary", note="for a name", **LIST),
    Probe("dashboard:limits", **NOBODYS),
    api("limits", **NOBODYS),
    Probe("dashboard:theme", "POST", body={"theme": "dark"}, media=FORM, **NOBODYS),
    Probe("onboarding:arrive", args={"signed": "arrival"}, elsewhere=302, shows=False),
    Probe("healthz/live", **NOBODYS),
    Probe("healthz/ready", **NOBODYS),
    api("schema", **NOBODYS),
    Probe("api-docs", **NOBODYS),
    api("node-types", **NOBODYS),
    api("workflow-starts", **NOBODYS),
    api("fire-times", query="cron=0+9+*+*+MON-FRI", **NOBODYS),
]
