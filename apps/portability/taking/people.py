"""People, roles and rights: nobody gets in by an archive, and nobody may more than its importer may give."""

from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts import keys
from apps.accounts.models import INVITATION_LIFE, Folder, Invitation, Role, RoleBinding, User
from apps.accounts.roles import BUILTIN, FOR_PEOPLE_ALONE, GRANTABLE
from apps.portability.exceptions import BadArchive
from apps.portability.taking.arrival import After, Arrival, Left, Rule

DEEPEST_FOLDER = 16
NEWCOMERS = "newcomers"


def take_person(arrival: Arrival, row: User) -> bool:
    """Let a person come as somebody who is invited; who is here already is themselves."""
    known = User.objects.filter(email=row.email).first()
    if known is not None:
        arrival.ids[User][row.pk] = known.pk
        arrival.note("people", "Is here already, and keeps what they have here.")
        return False
    _check_address(row, real=row.kind == User.Kind.HUMAN and row.removed_at is None)
    row.password = make_password(None)
    row.is_active, row.let_in_by = False, ""
    if row.kind == User.Kind.SUPPORT and row.removed_at is None:
        row.removed_at = timezone.now()
    if row.kind == User.Kind.HUMAN and row.removed_at is None:
        arrival.kept.setdefault(NEWCOMERS, []).append(row.pk)
        arrival.note("people", "Is invited; send the invitation under Members.")
    elif row.removed_at is None:
        arrival.note("people", "Is no person: it comes suspended.")
    return True


def _check_address(row: User, *, real: bool) -> None:
    try:
        if real:
            validate_email(row.email)
    except ValidationError:
        raise BadArchive("people: an e-mail address cannot be one.") from None
    if row.email != row.email.strip().lower() or not row.email.isascii():
        raise BadArchive("people: an e-mail address is not in small letters.")


def take_role(arrival: Arrival, row: Role) -> bool:
    """Find the product's roles by name; take an own one that gives no more than the importer has."""
    if row.builtin:
        here = Role.objects.filter(name=row.name, builtin=True).first()
        if here is None or row.name not in BUILTIN:
            raise BadArchive(f"roles: there is no role {row.name!r} of the product.")
        arrival.ids[Role][row.pk] = here.pk
        arrival.came["roles"] += 1
        return False
    if row.name in BUILTIN:
        raise BadArchive(f"roles: {row.name!r} is a role of the product.")
    given = row.permissions
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise BadArchive("roles: permissions are no list of names.")
    if set(given) - GRANTABLE:
        raise Left("It gives what no role of a workspace may give.")
    if not frozenset(given) <= arrival.actor.permissions_in():
        raise Left("It gives more than whoever imports may give.")
    return True


def take_group(arrival: Arrival, row: Any) -> bool:
    """Let a group be nobody's but the workspace's: the directory that kept it does not come along."""
    row.external_id = ""
    return True


def take_binding(arrival: Arrival, row: RoleBinding) -> bool:
    """Let somebody hold a role, where whoever imports may give it."""
    if (row.user_id is None) == (row.group_id is None):
        raise BadArchive("role_bindings: a right is one person's or one group's.")
    if row.user_id in arrival.ids[User].values():
        raise Left("Whoever is here already keeps what they have here.")
    role = Role.objects.filter(pk=row.role_id).first()
    if role is None:
        raise BadArchive("role_bindings: role refers to a row that is not in the archive.")
    alone = role.name in FOR_PEOPLE_ALONE
    if alone and (row.group_id or row.folder_id):
        raise BadArchive("role_bindings: an owner is a person, of the whole workspace.")
    if not role.allowed <= arrival.actor.permissions_in():
        raise Left("It gives more than whoever imports may give.")
    return True


def invite(arrival: Arrival) -> None:
    """Leave an invitation for each person who came; it is sent by hand, so that no archive mails anybody."""
    viewer = Role.objects.get(name="viewer")
    newcomers = arrival.kept.get(NEWCOMERS, [])
    held = dict[Any, Role]()
    for binding in RoleBinding.objects.filter(user__in=newcomers, folder=None).select_related(
        "role"
    ):
        if binding.user_id is not None:
            held[binding.user_id] = binding.role
    for person in User.objects.filter(pk__in=newcomers):
        Invitation.objects.create(
            email=person.email,
            role=held.get(person.pk, viewer),
            invited_by=arrival.actor,
            for_user=person,
            token_hash=keys.hash_secret(keys.new_key()[1], purpose="invitation"),
            expires_at=timezone.now() + INVITATION_LIFE,
        )


def check_folders(arrival: Arrival) -> None:
    """Refuse a tree that is none, or whose paths are not those of its folders."""
    folders = {each.pk: each for each in Folder.objects.all()}
    for each in folders.values():
        path, at, depth = "", each, 0
        while True:
            path, depth = f"{at.pk}/{path}", depth + 1
            if depth > DEEPEST_FOLDER:
                raise BadArchive("folders: they lie in each other, or too deep.")
            if at.parent_id is None:
                break
            at = folders[at.parent_id]
        if path != each.path:
            raise BadArchive("folders: a path is not that of its folder.")


def take_preference(arrival: Arrival, row: Any) -> bool:
    """Let people be mailed as they chose, where they have not chosen here."""
    if QuerySet(type(row)).filter(user=row.user_id, kind=row.kind).exists():
        raise Left("Whoever is here already keeps what they have here.")
    return True


RULES: dict[str, Rule] = {
    "people": take_person,
    "roles": take_role,
    "groups": take_group,
    "role_bindings": take_binding,
    "mail_preferences": take_preference,
}
AFTER: dict[str, After] = {"role_bindings": invite}
