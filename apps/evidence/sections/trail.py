"""The audit trail of the period, in the order of its chain, checked link by link as it is written.

A line holds what of the entry is hashed, the hash before and its own, so that the chain can be
followed without this product: `sha256(json([number, before, entry]))`.
"""

import json
from typing import Any

from django.db.models import Max, Min

from apps.audit import chain
from apps.audit.models import AuditEntry, Check, Link
from apps.common.types import JSONDict
from apps.evidence.models import Pack
from apps.evidence.sections.shape import Member, as_json, once
from apps.vault.signing import Signatures

PART_BYTES = 4 << 20
AT_ONCE = 500  # entries in memory


def entries(pack: Pack, cursor: JSONDict) -> Member | None:
    """Return the next few MiB of entries."""
    if not cursor:
        cursor = _begin(pack)
    if cursor["next"] > cursor["last"]:
        return None
    lines, size, count = list[str](), 0, 0
    place = dict(cursor)
    while size < PART_BYTES and place["next"] <= place["last"]:
        told = _piece(place)
        lines += told
        size += sum(map(len, told))
        count += len(told)
    place["file"] += 1
    name = f"audit/entries-{place['file']:05}.jsonl"
    data = "".join(lines).encode()
    return Member(name, data, place, done=count, facts=_facts(place), wrong=place["wrong"])


def _begin(pack: Pack) -> JSONDict:
    """Return where the links of the period begin and end, and the hash before them."""
    within = AuditEntry.objects.filter(at__gte=pack.since, at__lt=pack.until)
    links = Link.objects.filter(entry__in=within.values("pk"))
    found = links.aggregate(first=Min("number"), last=Max("number"))
    first, last = found["first"] or 1, found["last"] or 0
    before = Link.objects.filter(number=first - 1).first()
    if before is None and first > 1:
        return {"next": first, "last": last, "first": first, "file": 0, "before": None, "wrong": f"Entry {first - 1} was removed from the chain."}  # fmt: skip
    hash_ = before.hash if before else ""
    return {"next": first, "last": last, "first": first, "file": 0, "before": hash_, "began": hash_, "wrong": ""}  # fmt: skip


def _piece(place: JSONDict) -> list[str]:
    """Return some lines, and move the place behind them."""
    upto = min(place["last"], place["next"] + AT_ONCE - 1)
    links = list(Link.objects.filter(number__range=(place["next"], upto)).order_by("number"))
    found = AuditEntry.objects.in_bulk([link.entry for link in links])
    lines = []
    for link in links:
        entry = found.get(link.entry)
        lines.append(_line(link, entry, place))
        place["before"] = link.hash
    if len(links) <= upto - place["next"]:
        place["wrong"] = place["wrong"] or f"Links between {place['next']} and {upto} are missing."
    place["next"] = upto + 1
    return lines


def _line(link: Link, entry: AuditEntry | None, place: JSONDict) -> str:
    told: Any = None if entry is None else chain.told(entry)
    wrong = place["wrong"]
    if not wrong and told is None and not link.begins:
        wrong = f"Entry {link.number} was deleted."
    if not wrong and told is not None and chain.hash_of_told(link.number, told, place["before"] or "") != link.hash:  # fmt: skip
        wrong = f"Entry {link.number} was changed."
    place["wrong"] = wrong
    line = {
        "number": link.number, "before": place["before"], "hash": link.hash,
        "signature": link.signature, "entry": told,
    }  # fmt: skip
    return json.dumps(line, default=str, ensure_ascii=False, separators=(",", ":")) + "\n"


def _facts(place: JSONDict) -> JSONDict:
    names = ("first", "last", "began")
    return {"trail": {name: place.get(name) for name in names} | {"ended": place["before"]}}


def _chain(pack: Pack) -> bytes:
    """Return how the chain stands: what was found while it was written, the last check, the signed head."""
    trail = pack.facts.get("trail", {})
    signatures = Signatures(chain.CONTEXT)
    head = Link.objects.exclude(signature="").order_by("-number").first()
    check = Check.objects.first()
    unlinked = chain.unlinked().filter(at__gte=pack.since, at__lt=pack.until).count()
    return as_json(
        {
            "period": {"since": pack.since, "until": pack.until},
            "entries": {
                "first": trail.get("first"), "last": trail.get("last"), "count": pack.done,
                "hash_before_the_first": trail.get("began"), "hash_of_the_last": trail.get("ended"),
                "not_linked_yet": unlinked,
            },
            "holds": not pack.wrong,
            "wrong": pack.wrong,
            "last_walk_along_the_whole_chain": check
            and {"at": check.at, "intact_up_to": check.number, "wrong": check.wrong},
            "head": head and _head(head, signatures),
        }
    )  # fmt: skip


def _head(head: Link, signatures: Signatures) -> JSONDict:
    """Return the last signed link, with what checks its signature."""
    message = chain.checkpoint(head, begins=head.begins)
    return {
        "number": head.number, "hash": head.hash, "signed": message.decode(),
        "signature": head.signature, "fits": signatures.fits(message, head.signature),
        "public_key": signatures.public(head.signature),
    }  # fmt: skip


chain_file = once("audit/chain.json", _chain)
