"""One good request, or more, for every route and method of a workspace's site.

The isolation walk, the authorisation matrix and the API's contract test all read this table; each
fails for a route that has no row in it.
"""

from tests.factories.routes import Route, routes
from tests.isolation.probe import SITE, Probe
from tests.isolation.tables.access import ACCESS
from tests.isolation.tables.breakers import BREAKERS
from tests.isolation.tables.campaigns import CAMPAIGNS
from tests.isolation.tables.classification import CLASSIFICATION
from tests.isolation.tables.comments import COMMENTS
from tests.isolation.tables.credentials import CREDENTIALS
from tests.isolation.tables.directory import DIRECTORY
from tests.isolation.tables.evidence import EVIDENCE
from tests.isolation.tables.gateway import GATEWAY
from tests.isolation.tables.identity import IDENTITY
from tests.isolation.tables.others import OTHERS
from tests.isolation.tables.oversight import OVERSIGHT
from tests.isolation.tables.people import PEOPLE
from tests.isolation.tables.portability import PORTABILITY
from tests.isolation.tables.prompts import PROMPTS
from tests.isolation.tables.retention import RETENTION
from tests.isolation.tables.reviews import REVIEWS
from tests.isolation.tables.rights import RIGHTS
from tests.isolation.tables.runs import RUNS
from tests.isolation.tables.triggers import TRIGGERS
from tests.isolation.tables.waits import WAITS
from tests.isolation.tables.workflows import WORKFLOWS

PROBES: list[Probe] = [
    *PEOPLE, *RIGHTS, *WORKFLOWS, *REVIEWS, *COMMENTS, *RUNS, *CLASSIFICATION, *WAITS, *RETENTION, *OVERSIGHT, *PORTABILITY, *ACCESS, *CAMPAIGNS, *EVIDENCE, *TRIGGERS, *GATEWAY, *PROMPTS, *CREDENTIALS, *BREAKERS, *IDENTITY, *DIRECTORY, *OTHERS,
]  # fmt: skip


def walked() -> list[Route]:
    """Return the routes that the table must hold: ours, and the API's description."""
    return [route for route in routes(SITE) if route.ours or route.name == "api:schema"]
