"""Random harm to a trail, as somebody would do it who may write to the database and has no key of ours.

Each kind of harm takes a die and does one thing to rows chosen by it; none of them is without effect.
"""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from django.db.models import F

from apps.audit import chain
from apps.audit.models import AuditEntry, Link
from apps.common.ids import uuid7

Harm = Callable[[Random], object]

TEXTS = (
    "actor_type", "actor_id", "actor_label", "via", "action", "target_type", "target_id",
    "target_label", "request_id",
)  # fmt: skip


def _links(dice: Random, count: int = 1) -> list[Link]:
    """Return some links, in their order."""
    everything = list(Link.objects.order_by("number"))
    places = sorted(dice.sample(range(len(everything)), count))
    return [everything[place] for place in places]


def _entry(dice: Random) -> Any:
    return AuditEntry.objects.filter(pk=_links(dice)[0].entry)


def _flipped(dice: Random, text: str) -> str:
    """Return a text in which one bit of one character is another, or to which one was added."""
    if not text:
        return chr(dice.randrange(33, 127))
    place = dice.randrange(len(text))
    sign = chr(ord(text[place]) ^ 1 << dice.randrange(5))
    sign = sign if sign.isprintable() else "~" if text[place] != "~" else "!"
    return text[:place] + sign + text[place + 1 :]


def text_changed(dice: Random) -> None:
    rows, name = _entry(dice), dice.choice(TEXTS)
    rows.update(**{name: _flipped(dice, getattr(rows.get(), name))})


def values_changed(dice: Random) -> None:
    rows, name = _entry(dice), dice.choice(("before", "after"))
    values = getattr(rows.get(), name) or {}
    rows.update(**{name: {**values, _flipped(dice, "field"): dice.random()}})


def values_removed(dice: Random) -> None:
    rows = _entry(dice).exclude(after=None)
    if not rows.update(after=None):
        text_changed(dice)


def time_changed(dice: Random) -> None:
    step = timedelta(microseconds=dice.choice((-1, 1)) * dice.randrange(1, 10**9))
    _entry(dice).update(at=F("at") + step)


def result_changed(dice: Random) -> None:
    rows = _entry(dice)
    others = [each for each in AuditEntry.Result.values if each != rows.get().result]
    rows.update(result=dice.choice(others))


def address_changed(dice: Random) -> None:
    _entry(dice).update(ip=f"203.0.113.{dice.randrange(256)}")


def entry_deleted(dice: Random) -> None:
    _entry(dice).delete()


def link_deleted(dice: Random) -> None:
    Link.objects.filter(pk=_links(dice)[0].pk).delete()


def stretch_cut_out(dice: Random) -> None:
    first, last = _links(dice, 2)
    cut = Link.objects.filter(number__gte=first.number, number__lt=last.number)
    AuditEntry.objects.filter(pk__in=cut.values("entry")).delete()
    cut.delete()


def end_cut_off(dice: Random) -> None:
    cut = Link.objects.filter(number__gte=_links(dice)[0].number)
    AuditEntry.objects.filter(pk__in=cut.values("entry")).delete()
    cut.delete()


def beginning_cut_off(dice: Random) -> None:
    """Cut it off, and say that a rule did it, with a signature that was made for something else."""
    last = _links(dice)[0]
    signature = Link.objects.exclude(signature="").order_by("number")[0].signature
    cut = Link.objects.filter(number__lte=last.number)
    AuditEntry.objects.filter(pk__in=cut.values("entry")).delete()
    cut.exclude(pk=last.pk).delete()
    Link.objects.filter(pk=last.pk).update(begins=True, signature=signature)


def places_swapped(dice: Random) -> None:
    one, other = _links(dice, 2)
    Link.objects.filter(pk=one.pk).update(entry=uuid7())
    Link.objects.filter(pk=other.pk).update(entry=one.entry)
    Link.objects.filter(pk=one.pk).update(entry=other.entry)


def hash_changed(dice: Random) -> None:
    link = _links(dice)[0]
    place, sign = dice.randrange(64), "0123456789abcdef"
    other = dice.choice(sign.replace(link.hash[place], ""))
    Link.objects.filter(pk=link.pk).update(hash=link.hash[:place] + other + link.hash[place + 1 :])


def signature_changed(dice: Random) -> None:
    link = dice.choice(list(Link.objects.exclude(signature="")))
    changed = link.signature[:-6] + _flipped(dice, link.signature[-6:-4]) + link.signature[-4:]
    Link.objects.filter(pk=link.pk).update(signature=changed)


def signature_moved(dice: Random) -> None:
    one, other = dice.sample(list(Link.objects.exclude(signature="")), 2)
    Link.objects.filter(pk=one.pk).update(signature=other.signature)


def written_anew(dice: Random) -> None:
    """Change an entry and compute all hashes after it, so that only the signatures tell."""
    first = _links(dice)[0]
    AuditEntry.objects.filter(pk=first.entry).update(action=_flipped(dice, "thing.done"))
    before = Link.objects.filter(number=first.number - 1).first()
    hash_ = before.hash if before else ""
    for link in Link.objects.filter(number__gte=first.number).order_by("number"):
        hash_ = chain.hash_of(link.number, AuditEntry.objects.get(pk=link.entry), hash_)
        Link.objects.filter(pk=link.pk).update(hash=hash_)


def slipped_in(dice: Random) -> None:
    """Add an entry that was written long ago; it has no place."""
    entry = AuditEntry.objects.create(actor_type="user", actor_label="x", action="thing.done")
    AuditEntry.objects.filter(pk=entry.pk).update(at=F("at") - timedelta(hours=1))


def slipped_in_at_the_end(dice: Random) -> None:
    """Add an entry with a link that follows, as far as that can be done without a key."""
    entry = AuditEntry.objects.create(actor_type="user", actor_label="x", action="thing.done")
    last = Link.objects.order_by("number").last()
    assert last is not None
    number = last.number + 1
    hash_ = chain.hash_of(number, entry, last.hash)
    signature = dice.choice(("", last.signature))
    Link.objects.create(number=number, entry=entry.pk, hash=hash_, signature=signature)


HARMS: tuple[Harm, ...] = (
    text_changed, text_changed, text_changed, values_changed, values_removed, time_changed,
    result_changed, address_changed, entry_deleted, link_deleted, stretch_cut_out, end_cut_off,
    beginning_cut_off, places_swapped, hash_changed, signature_changed, signature_moved,
    written_anew, slipped_in, slipped_in_at_the_end,
)  # fmt: skip
