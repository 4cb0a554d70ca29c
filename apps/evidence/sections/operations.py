"""What went wrong in the period, what is known of backups, and who else was given data."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.db.models import Count, Max, Min

from apps.audit.models import AuditEntry
from apps.common.types import JSONDict
from apps.evidence.models import Pack
from apps.evidence.sections.shape import as_json, as_lines, once
from apps.gateway.models import LlmCall
from apps.gateway.models.providers import Provider
from apps.identity.models import Connection
from apps.notifications.models import Notification
from apps.oversight.models import Stream

MOST = 10_000
OUTAGES = ("service.opened", "service.recovered")
NO_BACKUPS = "Whoever operates the installation makes its backups; the product keeps no record of them and can therefore not show any. Ask the operator for the protocol of the last backup and of the last restore that was tried."


def _incidents(pack: Pack) -> bytes:
    """Return when services failed and answered again, and what was denied or failed, by action."""
    told = Notification.objects.filter(
        kind__in=OUTAGES, created_at__gte=pack.since, created_at__lt=pack.until
    )
    services = told.order_by("key").values("key", "kind", "title", "text").annotate(at=Min("created_at"))  # fmt: skip
    refused = (
        AuditEntry.objects.filter(at__gte=pack.since, at__lt=pack.until)
        .exclude(result=AuditEntry.Result.OK)
        .order_by("action", "result")
        .values("action", "result")
        .annotate(count=Count("pk"), first=Min("at"), last=Max("at"))
    )
    outages = sorted(services[:MOST], key=lambda each: each["at"])
    lines: list[JSONDict] = [
        {"what": each["kind"], "at": each["at"], "title": each["title"], "text": each["text"]}
        for each in outages
    ]
    return as_lines([*lines, *({"what": "denied or failed", **each} for each in refused)])


def _backups(pack: Pack) -> bytes:
    return as_json({"as_of": pack.started_at, "known": [], "note": NO_BACKUPS})


def _processors(pack: Pack) -> bytes:
    """Return to whom data of the workspace went or may go: providers of models, companies, receivers."""
    calls = LlmCall.objects.filter(created_at__gte=pack.since, created_at__lt=pack.until)
    used = calls.order_by("provider").values("provider").annotate(
        calls=Count("pk"), first=Min("created_at"), last=Max("created_at")
    )  # fmt: skip
    by_slug = {each["provider"]: each for each in used}
    known = [_provider(each, by_slug.pop(each.slug, None)) for each in Provider.objects.all()]
    gone = [
        {"name": slug, "status": "removed since", **_use(each)}
        for slug, each in by_slug.items()
        if slug
    ]
    return as_json(
        {
            "period": {"since": pack.since, "until": pack.until},
            "providers_of_models": [*known, *gone],
            "identity_providers": list(
                Connection.objects.exclude(status=Connection.Status.DRAFT)
                .order_by("name")
                .values("name", "vendor", "issuer", "status")
            ),
            "receivers_of_the_audit_trail": [_stream(each) for each in Stream.objects.all()],
        }
    )


def _provider(provider: Provider, used: JSONDict | None) -> JSONDict:
    return {
        "name": provider.name, "kind": provider.kind, "through": provider.litellm_provider,
        "host": urlsplit(provider.base_url).hostname, "status": provider.status,
        "lent_by_the_platform": provider.grant_id is not None, **_use(used),
    }  # fmt: skip


def _use(used: JSONDict | None) -> JSONDict:
    names: Iterable[str] = ("calls", "first", "last")
    return {name: used[name] for name in names} if used else {"calls": 0}


def _stream(stream: Stream) -> JSONDict:
    config = stream.config
    address = config.get("url") or config.get("endpoint") or config.get("host") or ""
    host = urlsplit(address).hostname or address
    return {"name": stream.name, "kind": stream.kind, "host": host, "state": stream.state}


incidents = once("operations/incidents.jsonl", _incidents)
backups = once("operations/backups.json", _backups)
processors = once("providers/sub-processors.json", _processors)
