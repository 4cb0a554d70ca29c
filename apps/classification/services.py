"""The classes of a workspace: those that come with it, and its own."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.classification.builtin import BUILTINS, RESERVED
from apps.classification.exceptions import BuiltinStays, ClassInUse, SlugTaken
from apps.classification.models import DataClass, DataClassQuerySet
from apps.classification.uses import uses_of
from apps.common.types import JSONDict

CHANGEABLE = ("name", "description", "in_prompts", "puts_back", "keep_days")


def classes() -> DataClassQuerySet:
    """Return the classes that there are; those that come with a workspace are made at first sight."""
    known = set(DataClass.objects.filter(is_builtin=True).values_list("slug", flat=True))
    missing = [each for each in BUILTINS if each.slug not in known]
    if missing:
        DataClass.objects.bulk_create(
            [
                DataClass(
                    slug=each.slug, name=each.name, description=each.description, is_builtin=True
                )
                for each in missing
            ],
            ignore_conflicts=True,
        )
    return DataClass.objects.all()


@dataclass(frozen=True)
class Rules:
    """What holds for the values of some classes in prompts."""

    in_prompts: frozenset[str]
    stays_out: frozenset[str]


def rules_of(slugs: Collection[str]) -> Rules:
    """Return what holds for classes; of one that is not there any more the strictest."""
    rows = list(DataClass.objects.filter(slug__in=slugs))
    return Rules(
        frozenset(each.slug for each in rows if each.in_prompts),
        frozenset(each.slug for each in rows if not each.puts_back),
    )


def find_class(slug: str, *, actor: User) -> DataClass:
    """Return a class by how definitions call it. Raises NotFound."""
    return policies.find(actor, classes(), slug=slug)


@transaction.atomic
def add_class(*, actor: User, slug: str, changes: JSONDict) -> DataClass:
    """Make a class of the workspace's own. Raises SlugTaken, Forbidden."""
    policies.require(actor, "data_class.manage")
    made = DataClass(slug=slug, **_known(changes))
    if slug in RESERVED or classes().filter(slug=slug).exists():
        raise SlugTaken.at("slug", SlugTaken.__doc__ or "")
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:  # somebody else was faster by a moment
        raise SlugTaken.at("slug", SlugTaken.__doc__ or "") from error
    record("data_class.created", actor=actor, target=made, after=_shown(made))
    return made


@transaction.atomic
def change_class(data_class: DataClass, *, actor: User, changes: JSONDict) -> DataClass:
    """Change what holds for a class from now on. Raises Forbidden."""
    policies.require(actor, "data_class.manage")
    found = DataClass.objects.select_for_update().get(pk=data_class.pk)
    before = _shown(found)
    for name, value in _known(changes).items():
        setattr(found, name, value)
    found.save()
    record("data_class.changed", actor=actor, target=found, before=before, after=_shown(found))
    return found


@transaction.atomic
def remove_class(data_class: DataClass, *, actor: User) -> None:
    """Remove a class that marks nothing any more. Raises BuiltinStays, ClassInUse, Forbidden."""
    policies.require(actor, "data_class.manage")
    found = DataClass.objects.select_for_update().get(pk=data_class.pk)
    if found.is_builtin:
        raise BuiltinStays
    if uses_of(found.slug, actor):
        raise ClassInUse
    record("data_class.removed", actor=actor, target=found, before=_shown(found))
    found.delete()


def _known(changes: JSONDict) -> JSONDict:
    return {name: changes[name] for name in CHANGEABLE if name in changes}


def _shown(data_class: DataClass) -> JSONDict:
    return {"slug": data_class.slug} | {name: getattr(data_class, name) for name in CHANGEABLE}
