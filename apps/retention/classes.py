"""The classes of data that rules are about: which of it is over its time, and how it goes.

A class finds a batch of what is over its time and deletes it, in the transaction of its caller, who
notes what went. Holds are asked for every batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from apps.audit import trimming
from apps.classification.services import classes
from apps.files import services as files
from apps.files.models import Blob, referring
from apps.gateway.models import KeptBody
from apps.notifications.models import Mail, Notification
from apps.retention import holds
from apps.runs.models import DecisionLink, NodeRun, Run, RunEvent, Withheld
from apps.workflows import thinning

LONGEST_DAYS = 3650


@dataclass(frozen=True)
class Kind:
    """What people are told of a class, and the bounds of its rule."""

    label: str
    about: str
    default_days: int
    minimum_days: int = 1


class DataClass:
    """Finds and deletes one class of data."""

    kind: ClassVar[Kind]
    batch: ClassVar[int] = 100

    def over(self, before: datetime) -> list[UUID]:
        """Return the next ids of what was finished before the moment and nothing holds."""
        raise NotImplementedError

    def delete(self, ids: Sequence[UUID]) -> None:
        """Delete these."""
        raise NotImplementedError


class Payloads(DataClass):
    """Large inputs and outputs; their beginnings stay in the rows of their runs."""

    kind = Kind(
        "Large inputs and outputs",
        "Values above 256 KiB in the file storage. Their beginning stays with the run.",
        default_days=30,
    )

    def over(self, before: datetime) -> list[UUID]:
        old = Blob.objects.filter(kind=Blob.Kind.PAYLOAD).present().made_before(before)
        over = _finished(before)
        for model, field in referring():
            others: QuerySet[Any] = QuerySet(model).filter(**{field: OuterRef("pk")})
            if model is NodeRun:
                others = others.exclude(run__in=over)
            elif model is Run:
                others = others.exclude(pk__in=over)
            old = old.exclude(Exists(others))
        orphans = Blob.objects.unreferenced().values("pk")
        return _ids(old.exclude(pk__in=orphans).order_by("created_at", "pk"), self.batch)

    def delete(self, ids: Sequence[UUID]) -> None:
        files.remove(ids)


class History(DataClass):
    """Timelines and logs of runs that stay."""

    kind = Kind(
        "Timelines and logs",
        "The events of finished runs and what their steps printed. Results stay with the run.",
        default_days=60,
    )
    batch = 20

    def over(self, before: datetime) -> list[UUID]:
        runs = _finished(before).filter(history_removed_at=None)
        return _ids(runs.order_by("finished_at", "pk"), self.batch)

    def delete(self, ids: Sequence[UUID]) -> None:
        RunEvent.objects.filter(run__in=ids).delete()
        NodeRun.objects.filter(run__in=ids).exclude(logs=[]).update(logs=[])
        Run.objects.filter(pk__in=ids).update(history_removed_at=timezone.now())


class Runs(DataClass):
    """Whole runs: what they got and gave, their steps, their approvals."""

    kind = Kind(
        "Runs",
        "Finished runs with their steps, inputs, outputs and approvals. Their cost stays in Usage.",
        default_days=90,
    )
    batch = 20

    def over(self, before: datetime) -> list[UUID]:
        # Runs inside of a run go before it, so that each is counted and none is taken with it.
        leaves = _finished(before).filter(children=None)
        return _ids(leaves.order_by("finished_at", "pk"), self.batch)

    def delete(self, ids: Sequence[UUID]) -> None:
        Run.objects.filter(pk__in=ids).delete()


class Trail(DataClass):
    """The audit trail in the order of its chain; evidence, so that any hold keeps all of it."""

    kind = Kind(
        "Audit trail",
        "Who changed what. At least 90 days; six years is usual in health care.",
        default_days=400,
        minimum_days=90,
    )

    def over(self, before: datetime) -> list[UUID]:
        if holds.anything_is_held():
            return []
        return trimming.older(before)

    def delete(self, ids: Sequence[UUID]) -> None:
        trimming.trim(ids)


class Notices(DataClass):
    """What people were told, and mails that went out or never will; what they tell of has its own rule."""

    kind = Kind(
        "Notifications and mails",
        "What people were told, and the list of sent mails. Mails on their way stay.",
        default_days=90,
    )
    batch = 500

    def over(self, before: datetime) -> list[UUID]:
        told = Notification.objects.filter(created_at__lt=before)
        mails = Mail.objects.filter(updated_at__lt=before).exclude(status=Mail.Status.QUEUED)
        # By id, which is the order of time: there is an index for it.
        return _ids(told.order_by("pk"), self.batch) or _ids(mails.order_by("pk"), self.batch)

    def delete(self, ids: Sequence[UUID]) -> None:
        Notification.objects.filter(pk__in=ids).delete()
        Mail.objects.filter(pk__in=ids).delete()


class Drafts(DataClass):
    """The history of drafts: of what is over its time one state a day stays, later one a month."""

    kind = Kind(
        "Every change of a draft",
        "Older history keeps one state a day, after a year one a month. Named points and versions stay.",
        default_days=60,
        minimum_days=7,
    )

    def over(self, before: datetime) -> list[UUID]:
        found = thinning.due(before).exclude(workflow__in=holds.held_workflows())
        return _ids(found.order_by("workflow", "seq", "first"), self.batch)

    def delete(self, ids: Sequence[UUID]) -> None:
        thinning.make_coarser(ids)


class Bodies(DataClass):
    """What was asked and answered in calls to models, where a workspace keeps it."""

    kind = Kind(
        "Bodies of calls to models",
        "What was asked and answered, where guards keep it; also earlier, when a route's own time is over.",
        default_days=30,
    )

    def over(self, before: datetime) -> list[UUID]:
        late = Q(created_at__lt=before) | Q(expires_at__lt=timezone.now())
        held = Run.objects.filter(workflow__in=holds.held_workflows())
        found = KeptBody.objects.filter(late).exclude(run_id__in=held.values("pk"))
        return _ids(found.order_by("created_at", "pk"), self.batch)

    def delete(self, ids: Sequence[UUID]) -> None:
        KeptBody.objects.filter(pk__in=ids).delete()


class Links(DataClass):
    """Links in mails that decide nothing any more; the answers given by them stay."""

    kind = Kind("Used-up links", "Links in mails about approvals, once their time is over.", 1)
    batch = 500

    def over(self, before: datetime) -> list[UUID]:
        return _ids(DecisionLink.objects.filter(expires_at__lt=before).order_by("pk"), self.batch)

    def delete(self, ids: Sequence[UUID]) -> None:
        DecisionLink.objects.filter(pk__in=ids).delete()


class Orphans(DataClass):
    """Stored values that nobody refers to, such as those of runs that were just deleted."""

    kind = Kind(
        "Unused stored values",
        "What deleted runs and crashes left in the storage.",
        files.GRACE.days,
    )

    def over(self, before: datetime) -> list[UUID]:
        orphans = Blob.objects.unreferenced().made_before(before)
        return _ids(orphans.order_by("created_at", "pk"), self.batch)

    def delete(self, ids: Sequence[UUID]) -> None:
        files.discard(ids)


class Values(DataClass):
    """Withheld values whose class of data is kept for so many days only; placeholders stay."""

    kind = Kind(
        "Withheld values",
        "Values that are withheld in finished runs, where their class of data has a time of its own.",
        default_days=1,
    )
    batch = 50

    def over(self, before: datetime) -> list[UUID]:
        runs = _finished(timezone.now()).filter(pk__in=_due_values().values("run"))
        return _ids(runs.order_by("finished_at", "pk"), self.batch)

    def delete(self, ids: Sequence[UUID]) -> None:
        _due_values().filter(run__in=ids).delete()
        Run.objects.filter(veil_id__in=ids).update(erased_at=timezone.now())


def _due_values() -> QuerySet[Withheld]:
    """Return the values of classes whose time is over."""
    now, due = timezone.now(), Q(pk=None)
    for each in classes().exclude(keep_days=None):
        since = now - timedelta(days=each.keep_days or 0)
        due |= Q(data_class=each.slug, created_at__lt=since)
    return Withheld.objects.filter(due)


# In the order in which a job works: those with a rule, and then what is always cleared away.
RULED: dict[str, DataClass] = {
    "payloads": Payloads(),
    "history": History(),
    "runs": Runs(),
    "drafts": Drafts(),
    "notices": Notices(),
    "bodies": Bodies(),
    "audit": Trail(),
}
CLEARED: dict[str, DataClass] = {"values": Values(), "links": Links(), "orphans": Orphans()}


def register(name: str, each: DataClass) -> None:
    """Add a class that has a rule. To be called in `AppConfig.ready()`."""
    RULED[name] = each


def find(name: str) -> DataClass:
    """Return one of the classes."""
    return RULED.get(name) or CLEARED[name]


def _finished(before: datetime) -> QuerySet[Run]:
    """Return the runs that ended before a moment and that no hold keeps.

    What a run inside of another gave is needed until that one has ended.
    """
    ended = Run.objects.filter(status__in=Run.FINISHED, finished_at__lt=before)
    alone = Q(parent=None) | Q(parent__status__in=Run.FINISHED, parent__finished_at__lt=before)
    return ended.filter(alone).exclude(workflow__in=holds.held_workflows())


def _ids(rows: QuerySet[Any], most: int) -> list[UUID]:
    if holds.everything_is_held():
        return []
    return list(rows.values_list("pk", flat=True)[:most])
