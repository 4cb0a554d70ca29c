"""A workspace's own roles, and roles that are held on folders."""

from functools import partial

import pytest

from apps.accounts import services
from apps.accounts.exceptions import (
    BuiltInRole,
    LastOwner,
    NotForGroups,
    RoleExists,
    RoleInUse,
    UnknownPermission,
    UnknownRole,
)
from apps.accounts.models import Role, RoleBinding, User
from apps.accounts.policies import allows, visible
from apps.accounts.services import role_named
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden, Invalid

AUDITOR = ["workflow.view", "run.view", "audit.view"]


def fresh(user: User) -> User:
    """Return the user as the next request loads them."""
    found: User = User.objects.get(pk=user.pk)
    return found


def auditor(alice: User) -> Role:
    return services.create_role(label="Auditor", permissions=AUDITOR, actor=alice)


def test_a_role_of_ones_own_allows_what_it_names(alice: User, vera: User) -> None:
    role = auditor(alice)
    services.change_role(vera, role=role.name, actor=alice)
    assert fresh(vera).permissions_in() == set(AUDITOR)


def test_a_changed_role_counts_for_who_holds_it(alice: User, vera: User) -> None:
    role = auditor(alice)
    services.change_role(vera, role=role.name, actor=alice)
    services.change_custom_role(role, actor=alice, permissions=["run.view"])
    assert fresh(vera).permissions_in() == {"run.view"}
    entry = AuditEntry.objects.get(action="role.changed")
    assert (entry.before or {})["permissions"] == sorted(AUDITOR)


def test_nobody_makes_a_role_larger_than_they_are(alice: User, vera: User) -> None:
    maker = services.create_role(
        label="Maker", permissions=["role.manage", "run.view"], actor=alice
    )
    services.change_role(vera, role=maker.name, actor=alice)
    with pytest.raises(Forbidden):
        services.create_role(label="More", permissions=AUDITOR, actor=fresh(vera))
    with pytest.raises(Forbidden):
        services.change_custom_role(maker, actor=fresh(vera), permissions=AUDITOR)
    services.change_custom_role(maker, actor=fresh(vera), permissions=["run.view"])
    assert fresh(vera).permissions_in() == {"run.view"}


@pytest.mark.parametrize("permission", ["owner.manage", "workflow.fly", ""])
def test_no_role_holds_what_only_owners_do_or_what_is_none(alice: User, permission: str) -> None:
    with pytest.raises(UnknownPermission):
        services.create_role(label="Odd", permissions=[permission], actor=alice)


def test_stored_permissions_that_are_none_give_nothing(alice: User, vera: User) -> None:
    Role.objects.create(name="odd", label="Odd", permissions=["owner.manage", "run.view"])
    services.change_role(vera, role="odd", actor=alice)
    assert fresh(vera).permissions_in() == {"run.view"}


def test_built_in_roles_stay(alice: User) -> None:
    with pytest.raises(BuiltInRole):
        services.change_custom_role(role_named("viewer"), actor=alice, permissions=[])
    with pytest.raises(BuiltInRole):
        services.delete_role(role_named("viewer"), actor=alice)


def test_a_role_that_is_held_stays(alice: User, vera: User) -> None:
    role = auditor(alice)
    services.change_role(vera, role=role.name, actor=alice)
    with pytest.raises(RoleInUse):
        services.delete_role(role, actor=alice)
    services.change_role(vera, role="viewer", actor=alice)
    services.delete_role(role, actor=alice)
    assert not Role.objects.filter(name="auditor").exists()


def test_names_of_roles_are_taken_once(alice: User) -> None:
    auditor(alice)
    with pytest.raises(RoleExists):
        auditor(alice)
    with pytest.raises(RoleExists):
        services.create_role(label="Viewer", permissions=[], actor=alice)
    with pytest.raises(Invalid):
        services.create_role(label="?!", permissions=[], actor=alice)


def test_a_role_is_called_as_its_people_write(alice: User) -> None:
    make = partial(services.create_role, permissions=["run.view"], actor=alice)
    one, other = make(label="财务审计"), make(label="采购")
    assert one.name != other.name
    assert (one.label, one.name.startswith("role-")) == ("财务审计", True)
    with pytest.raises(RoleExists):
        make(label=" 采购 ")
    with pytest.raises(Invalid):
        make(label="…")


def test_builders_may_not_change_roles(alice: User, bob: User) -> None:
    role = auditor(alice)
    for attempt in (
        lambda: services.create_role(label="x", permissions=[], actor=bob),
        lambda: services.change_custom_role(role, actor=bob, permissions=[]),
        lambda: services.delete_role(role, actor=bob),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_a_right_widens_in_its_folder_alone(alice: User, vera: User) -> None:
    outer = services.create_folder(name="Finance", actor=alice)
    inner = services.create_folder(name="Payroll", actor=alice, parent=outer)
    other = services.create_folder(name="Support", actor=alice)
    services.give_right(inner, vera, role="builder", actor=alice)
    assert allows(fresh(vera), "edit", inner)
    assert not allows(fresh(vera), "edit", outer)
    assert allows(fresh(vera), "view", other)  # as a viewer of the workspace


def test_without_a_role_on_the_workspace_a_right_narrows(alice: User, vera: User) -> None:
    folder = services.create_folder(name="Finance", actor=alice)
    services.create_folder(name="Support", actor=alice)
    services.give_right(folder, vera, role="builder", actor=alice)
    services.change_role(vera, role=None, actor=alice)
    seen = visible(fresh(vera), type(folder).objects.all())
    assert list(seen) == [folder]


def test_another_right_takes_the_place_of_the_first(alice: User, vera: User) -> None:
    folder = services.create_folder(name="Finance", actor=alice)
    services.give_right(folder, vera, role="builder", actor=alice)
    right = services.give_right(folder, vera, role="operator", actor=alice)
    assert RoleBinding.objects.get(folder=folder) == right
    services.take_right(right, actor=alice)
    assert not allows(fresh(vera), "run", folder)


def test_an_admin_of_a_folder_gives_rights_there_and_not_beyond(
    alice: User, bob: User, vera: User
) -> None:
    folder = services.create_folder(name="Finance", actor=alice)
    other = services.create_folder(name="Support", actor=alice)
    services.give_right(folder, bob, role="admin", actor=alice)
    right = services.give_right(folder, vera, role="builder", actor=fresh(bob))
    with pytest.raises(Forbidden):
        services.give_right(other, vera, role="builder", actor=fresh(bob))
    services.take_right(right, actor=fresh(bob))


def test_nobody_gives_more_on_a_folder_than_they_hold_there(alice: User, bob: User) -> None:
    folder = services.create_folder(name="Finance", actor=alice)
    small = services.create_role(label="People", permissions=["member.manage"], actor=alice)
    services.give_right(folder, bob, role=small.name, actor=alice)
    services.change_role(bob, role="viewer", actor=alice)
    with pytest.raises(Forbidden):
        services.give_right(folder, bob, role="admin", actor=fresh(bob))


def test_folders_have_no_owners_and_no_unknown_roles(alice: User, vera: User) -> None:
    folder = services.create_folder(name="Finance", actor=alice)
    with pytest.raises(NotForGroups):
        services.give_right(folder, vera, role="owner", actor=alice)
    with pytest.raises(UnknownRole):
        services.give_right(folder, vera, role="wizard", actor=alice)


def test_rights_of_a_folder_are_seen_by_its_people_alone(alice: User, vera: User) -> None:
    folder = services.create_folder(name="Finance", actor=alice)
    other = services.create_folder(name="Support", actor=alice)
    services.change_role(vera, role=None, actor=alice)
    here = services.give_right(folder, vera, role="viewer", actor=alice)
    services.give_right(other, alice, role="viewer", actor=alice)
    assert list(visible(fresh(vera), RoleBinding.objects.all())) == [here]


def test_the_last_owner_keeps_the_role(alice: User, vera: User) -> None:
    with pytest.raises(LastOwner):
        services.change_role(alice, role=None, actor=alice)
    services.change_role(vera, role="owner", actor=alice)
    services.change_role(alice, role=None, actor=fresh(vera))
    assert fresh(alice).role is None
