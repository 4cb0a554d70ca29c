"""What the guards did lately, counted over the ledger."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from apps.gateway.guards.kinds import GROUP_OF, GROUPS, About, Kind
from apps.gateway.models import ModelRoute

DAYS = 30
COUNTS = """
SELECT found->>'place', found->>'kind', found->>'action', sum((found->>'count')::bigint), count(*)
FROM gateway_llmcall, jsonb_array_elements(guards) found
WHERE created_at >= %s AND (%s = '' OR route = %s) GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3
"""


@dataclass(frozen=True)
class Counted:
    """How often a kind was found in one place, in how many calls, and what became of it."""

    place: str
    kind: str
    action: str
    count: int
    calls: int

    @property
    def about(self) -> About:
        """The group that it belongs to."""
        return GROUPS[GROUP_OF[Kind(self.kind)]]


def lately(route: ModelRoute | None = None) -> list[Counted]:
    """Return what was found in the last days, the most frequent first; of one route, or of all calls."""
    alias = route.alias if route else ""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, [timezone.now() - timedelta(days=DAYS), alias, alias])
        return [Counted(*row) for row in cursor.fetchall()]
