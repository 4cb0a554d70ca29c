"""Requests about the services that failed lately."""

from tests.isolation.probe import LIST, Probe

SERVICE = {"service_id": "service"}

BREAKERS = [
    Probe("api:service-list", **LIST),
    Probe("api:service-list", query="state=open&kind=http", note="open ones", **LIST),
    Probe("api:service-detail", args=SERVICE),
    Probe("api:service-try", "POST", SERVICE),
    Probe("breakers:list", **LIST),
    Probe("breakers:try", "POST", SERVICE, shows=False),
]
