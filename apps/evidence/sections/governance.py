"""What was looked after in the period: access reviews, keys, how long things are kept."""

from uuid import UUID

from apps.campaigns import formats
from apps.campaigns.models import Campaign
from apps.common.types import JSONDict
from apps.evidence.models import Pack
from apps.evidence.sections.shape import Member, as_json, as_lines, once
from apps.retention.classes import RULED
from apps.retention.models import LegalHold, RetentionJob
from apps.retention.services import rules as kept_days
from apps.vault.models import DataKey

MOST_JOBS = 5_000
PEOPLE = ("placed_by__name", "released_by__name")


def reviews(pack: Pack, cursor: JSONDict) -> Member | None:
    """Return some rights of the access reviews that were closed in the period, with what was decided."""
    closed = Campaign.objects.filter(
        status=Campaign.Status.CLOSED, closed_at__gte=pack.since, closed_at__lt=pack.until
    ).select_related("owner", "folder", "signed_by")
    if "campaign" in cursor:
        campaign = closed.filter(pk=cursor["campaign"]).first()
        if campaign is not None:
            items, last = formats.next_piece(campaign, UUID(cursor["after"]))
            if last is not None:
                return _rights(campaign, [formats.told(item) for item in items], last, cursor)
        closed = closed.filter(pk__gt=UUID(cursor["campaign"]))
    campaign = closed.order_by("pk").first()
    if campaign is None:
        return None
    place = {"campaign": str(campaign.pk), "after": str(UUID(int=0)), "file": 0}
    return Member(f"reviews/{campaign.pk}/review.json", as_json(formats.about(campaign)), place)


def _rights(campaign: Campaign, items: list[JSONDict], last: UUID, cursor: JSONDict) -> Member:
    number = cursor["file"] + 1
    place = {"campaign": str(campaign.pk), "after": str(last), "file": number}
    return Member(f"reviews/{campaign.pk}/rights-{number:05}.jsonl", as_lines(items), place)


def _keys(pack: Pack) -> bytes:
    """Return since when which data key seals, and which master key wraps it; never a key."""
    history = DataKey.objects.order_by("created_at")
    return as_json(
        {
            "as_of": pack.started_at,
            "data_keys": list(history.values("id", "created_at", "retired_at", "master_id")),
            "note": "Each workspace has data keys of its own, wrapped by a master key of the installation. Retired keys still open what they sealed until all of it is sealed anew; then they are removed, which the audit trail tells as data_key.removed.",
        }
    )


def _rules(pack: Pack) -> bytes:
    """Return how long what is kept, and the legal holds that were active at any time in the period."""
    days = kept_days()
    holds = LegalHold.objects.filter(created_at__lt=pack.until).exclude(released_at__lt=pack.since)
    return as_json(
        {
            "as_of": pack.started_at,
            "rules": [
                {"name": name, "label": each.kind.label, "about": each.kind.about, "days": days[name]}
                for name, each in RULED.items()
            ],
            "legal_holds": list(
                holds.order_by("created_at").values("id", "label", "reason", "created_at", "released_at", *PEOPLE)
            ),
        }
    )  # fmt: skip


def _deletions(pack: Pack) -> bytes:
    """Return the deletions of the period with their proofs."""
    jobs = RetentionJob.objects.filter(created_at__gte=pack.since, created_at__lt=pack.until)
    told = jobs.order_by("created_at").values(
        "id", "status", "trigger", "created_at", "finished_at", "plan", "counts", "digest"
    )
    return as_lines(list(told[:MOST_JOBS]))


keys = once("keys/data-keys.json", _keys)
rules = once("retention/rules-and-holds.json", _rules)
deletions = once("retention/deletions.jsonl", _deletions)
