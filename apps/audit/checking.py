"""Walking along the chain: is what was linked still there, whole and in its order?"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from apps.audit.chain import AT_ONCE, CONTEXT, checkpoint, hash_of, unlinked
from apps.audit.models import AuditEntry, Check, Link
from apps.vault.signing import Signatures

LATE = timedelta(minutes=5)  # after which an entry that is not linked yet is suspicious


@dataclass(frozen=True)
class Verdict:
    """How far a chain is intact, and what is wrong after that."""

    last: Link | None
    until: datetime | None
    wrong: str


class Walk:
    """Goes from link to link as long as each follows from the one before."""

    def __init__(self) -> None:
        self.last: Link | None = None
        self.until: datetime | None = None
        self._signatures = Signatures(CONTEXT)

    @classmethod
    def behind(cls, place: str) -> "Walk | None":
        """Return a walk that goes on behind a link, `number:hash`, that one before has reached.

        None where there is no such link any more.
        """
        number, _, hash_ = place.partition(":")
        walk = cls()
        walk.last = Link.objects.filter(number=int(number), hash=hash_).first()
        if walk.last is None:
            return None
        entry = AuditEntry.objects.filter(pk=walk.last.entry).first()
        walk.until = entry.at if entry else None
        return walk

    def follow(self, links: list[Link]) -> str:
        """Go over the next links; return what is wrong with the first that does not hold."""
        entries = AuditEntry.objects.in_bulk([link.entry for link in links])
        for link in links:
            entry = entries.get(link.entry)
            if wrong := self._wrong(link, entry):
                return wrong
            self.last = link
            self.until = entry.at if entry else self.until
        return ""

    def next(self) -> list[Link]:
        """Return the links that come next."""
        after = self.last.number if self.last else 0
        return list(Link.objects.filter(number__gt=after).order_by("number")[:AT_ONCE])

    def _wrong(self, link: Link, entry: AuditEntry | None) -> str:
        if self.last is None and link.begins:
            return self._unsigned(link, begins=True)
        expected = self.last.number + 1 if self.last else 1
        if link.number != expected:
            return f"Entry {expected} was removed from the chain."
        if entry is None:
            return f"Entry {link.number} was deleted."
        if hash_of(link.number, entry, self.last.hash if self.last else "") != link.hash:
            return f"Entry {link.number} was changed."
        return self._unsigned(link) if link.signature else ""

    def _unsigned(self, link: Link, *, begins: bool = False) -> str:
        is_ours = self._signatures.fits(checkpoint(link, begins=begins), link.signature)
        return "" if is_ours else f"The signature of entry {link.number} is not ours."


def verify(kept: str = "") -> Verdict:
    """Walk along the whole chain; `kept` is a checkpoint, `number:hash`, that somebody noted before.

    A rule may delete the beginning while we walk: what looks wrong is looked at twice.
    """
    verdict = _verdict(kept)
    return _verdict(kept) if verdict.wrong else verdict


def check() -> Check:
    """Verify, and note what came of it."""
    return note(verify())


def note(verdict: Verdict) -> Check:
    """Keep what came of a walk along the whole chain."""
    number = verdict.last.number if verdict.last else 0
    return Check.objects.create(number=number, until=verdict.until, wrong=verdict.wrong)


def _verdict(kept: str) -> Verdict:
    walk = Walk()
    wrong, is_kept = "", not kept
    while not wrong and (links := walk.next()):
        wrong = walk.follow(links)
        is_kept = is_kept or any(str(link) == kept for link in links)
    if not wrong and not is_kept:
        wrong = f"The chain does not hold {kept} any more."
    return Verdict(walk.last, walk.until, wrong or wrong_at_end(walk.last))


def wrong_at_end(last: Link | None) -> str:
    """Return what is wrong with the end: cut off, not signed, or left behind."""
    known = Check.objects.filter(wrong="").order_by("-number").first()
    if known and known.number > (last.number if last else 0):
        return f"The chain ended at entry {known.number} before."
    if last is None:
        return ""
    if not last.signature:
        return f"Entry {last.number} is the last one, and not signed."
    late = unlinked().filter(at__lt=timezone.now() - LATE).count()
    return f"{late} entries stand outside of the chain." if late else ""
