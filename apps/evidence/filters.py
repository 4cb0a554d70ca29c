"""What the list of packs can be filtered by, for page and API alike."""

from collections.abc import Mapping

from apps.common.words import chosen
from apps.evidence.models import Pack, PackQuerySet

FIELDS = ("q", "status")


def packs_in(found: PackQuerySet, params: Mapping[str, str]) -> PackQuerySet:
    """Keep what the parameters ask for: `status`, and `q` in the name of who asked. Raises Invalid."""
    status = chosen("status", params, Pack.Status.values)
    found = found.filter(status=status) if status else found
    text = params.get("q", "").strip()
    return found.filter(asked_by__name__icontains=text) if text else found
