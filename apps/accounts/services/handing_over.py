"""Handing over: what somebody looked after goes to somebody else who may, and nobody gains by it."""

from collections.abc import Iterable

from django.db import transaction

from apps.accounts import belongings, policies, sources
from apps.accounts.belongings import Actor, Belongings, Share, Thing
from apps.accounts.keepers import Keeper
from apps.accounts.models import ApiKey, RoleBinding, User
from apps.accounts.services.giving import check_may_manage
from apps.audit.services import record
from apps.common.errors import Forbidden, Invalid


def preview(user: User, heir: User | None, *, actor: Actor) -> list[Share]:
    """Return what somebody looks after, and what of it the heir can take over.

    Raises Forbidden, Invalid for an heir who may not be one.
    """
    check_may_manage(actor)
    if heir is not None:
        check_may_inherit(user, heir, actor)
    shares = []
    for each in belongings.every():
        things = tuple(
            Thing(str(thing), each.hindrance(thing, heir, actor) if heir else "")
            for thing in each.of(user)
        )
        if things:
            shares.append(Share(each.name, each.label, each.about, each.left, things))
    return shares


@transaction.atomic
def hand_over(user: User, heir: User, *, actor: Actor) -> dict[str, int]:
    """Give the heir what they can look after and return how much, by its sort.

    Raises Forbidden, Invalid.
    """
    check_may_manage(actor)
    check_may_inherit(user, heir, actor)
    given = {}
    for each in belongings.every():
        able = [thing for thing in each.of(user) if not each.hindrance(thing, heir, actor)]
        for thing in able:
            each.give(thing, user, heir, actor)
        if able:
            given[each.name] = len(able)
    record("member.handed_over", actor=actor, target=user, after={"heir": str(heir), **given})
    return given


def let_go(user: User) -> None:
    """See to what nobody took over, in the transaction in which the membership ends."""
    for each in belongings.every():
        each.let_go(user)


def check_may_inherit(user: User, heir: User, actor: Actor) -> None:
    """Raise Invalid for nobody who is here; Forbidden for an heir who may do more than the actor.

    What runs in somebody's name would borrow rights that the actor could not give.
    """
    if heir.pk == user.pk:
        raise Invalid.at("heir", "Choose another member.")
    if not isinstance(actor, Keeper):  # a directory's heir was chosen by an owner
        check_is_no_more_than(heir, actor)


def check_is_no_more_than(heir: User, actor: User) -> None:
    """Raise Invalid for an heir who cannot sign in, Forbidden for one who may do more than the actor."""
    if not heir.is_active or heir.removed_at is not None or heir.kind != User.Kind.HUMAN:
        raise Invalid.at("heir", "Choose a member who can sign in.")
    if heir.pk == actor.pk:
        return
    if not all(held.role.allowed <= actor.permissions_in(held.path) for held in heir.bindings):
        raise Forbidden(f"{heir} may do more than you. Ask them, or an owner, to take this over.")


class ServiceKeys(Belongings[ApiKey]):
    """Keys of programs, which go on whoever leaves."""

    name, label = "service_keys", "Keys of programs"
    about = "They are named as the one to ask; the keys work as before."
    left = "The keys go on, and nobody is named who looks after them."

    def of(self, user: User) -> Iterable[ApiKey]:
        keys = ApiKey.objects.filter(created_by=user, revoked_at=None)
        return keys.filter(user__kind=User.Kind.SERVICE).order_by("name")

    def hindrance(self, thing: ApiKey, heir: User, actor: Actor) -> str:
        may = policies.holds(heir, "api_key.manage")
        return "" if may else f"{heir} may not manage keys."

    def give(self, thing: ApiKey, user: User, heir: User, actor: Actor) -> None:
        thing.created_by = heir
        thing.save(update_fields=["created_by", "updated_at"])
        record("api_key.handed_over", actor=actor, target=thing, after={"heir": str(heir)})


class FolderRights(Belongings[RoleBinding]):
    """Roles that somebody holds in person on folders."""

    name, label = "folder_rights", "Roles on folders"
    about = "They hold the same role there."
    left = "They end with the membership."

    def of(self, user: User) -> Iterable[RoleBinding]:
        held = RoleBinding.objects.filter(user=user).exclude(folder=None)
        return held.select_related("role", "folder", "user").order_by("folder__name")

    def hindrance(self, thing: RoleBinding, heir: User, actor: Actor) -> str:
        if isinstance(actor, Keeper):
            return "A directory gives no rights on folders."
        if sources.roles_are_kept(heir):
            return f"Groups elsewhere decide about the roles of {heir}."
        if thing.role.allowed <= heir.permissions_in(thing.path):
            return f"{heir} may do as much there already."
        if RoleBinding.objects.filter(user=heir, folder=thing.folder).exists():
            return f"{heir} holds another role there."
        if not thing.role.allowed <= actor.permissions_in(thing.path):
            return "The role allows more than you may do there."
        return ""

    def give(self, thing: RoleBinding, user: User, heir: User, actor: Actor) -> None:
        RoleBinding.objects.create(user=heir, role=thing.role, folder=thing.folder)
        told = {"user": str(heir), "role": thing.role.name}
        record("folder.right_given", actor=actor, target=thing.folder, after=told)
