"""Groups: what their people hold, and who may change them."""

import pytest

from apps.accounts import services
from apps.accounts.exceptions import GroupExists, KeptByDirectory, NotForGroups
from apps.accounts.models import Folder, Group, RoleBinding, User
from apps.accounts.policies import allows, visible
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden


def fresh(user: User) -> User:
    """Return the user as the next request loads them."""
    found: User = User.objects.get(pk=user.pk)
    return found


def test_people_hold_what_their_group_holds(alice: User, vera: User) -> None:
    group = services.create_group(name="Support", role="operator", actor=alice)
    assert "run.control" not in fresh(vera).permissions_in()
    services.add_to_group(group, vera, actor=alice)
    assert "run.control" in fresh(vera).permissions_in()
    assert str(fresh(vera).role) == "Viewer"  # what is held in person stays
    services.remove_from_group(group, vera, actor=alice)
    assert "run.control" not in fresh(vera).permissions_in()


def test_a_group_may_hold_roles_on_folders_alone(alice: User, vera: User) -> None:
    group = services.create_group(name="Finance", actor=alice)
    folder = services.create_folder(name="Finance", actor=alice)
    other = services.create_folder(name="Support", actor=alice)
    services.give_right(folder, group, role="builder", actor=alice)
    services.add_to_group(group, vera, actor=alice)
    assert allows(fresh(vera), "edit", folder)
    assert not allows(fresh(vera), "edit", other)
    assert group.role is None
    assert [str(held.folder) for held in group.folder_rights] == ["Finance"]


def test_a_list_of_people_reads_their_rights_together(
    alice: User, vera: User, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    group = services.create_group(name="Support", role="operator", actor=alice)
    services.add_to_group(group, vera, actor=alice)
    people = list(User.objects.with_roles())
    with django_assert_num_queries(0):  # type: ignore[operator]
        found = {str(user): "run.control" in user.permissions_in() for user in people}
    assert found == {"Alice": True, "Vera": True}


def test_people_are_found_by_the_role_of_their_group(alice: User, vera: User) -> None:
    group = services.create_group(name="Support", role="operator", actor=alice)
    services.add_to_group(group, vera, actor=alice)
    assert list(User.objects.matching(role="operator")) == [vera]
    assert not User.objects.matching(role="builder")


def test_nobody_lets_others_hold_more_than_themselves(alice: User, vera: User) -> None:
    admins = services.create_group(name="Admins", role="admin", actor=alice)
    people_only = ["member.view", "member.manage"]
    services.create_role(label="People", permissions=people_only, actor=alice)
    services.change_role(vera, role="people", actor=alice)
    with pytest.raises(Forbidden):
        services.add_to_group(admins, vera, actor=fresh(vera))
    with pytest.raises(Forbidden):
        services.create_group(name="Mine", role="builder", actor=fresh(vera))
    with pytest.raises(Forbidden):
        services.change_role(vera, role="admin", actor=fresh(vera))
    assert not admins.members.exists()
    assert not Group.objects.filter(name="Mine").exists()


def test_the_right_to_a_folder_is_no_right_to_give_elsewhere(alice: User, vera: User) -> None:
    finance = services.create_folder(name="Finance", actor=alice)
    group = services.create_group(name="Both", actor=alice)
    services.give_right(finance, vera, role="admin", actor=alice)
    with pytest.raises(Forbidden):
        services.add_to_group(group, vera, actor=fresh(vera))


def test_groups_have_no_owners(alice: User) -> None:
    group = services.create_group(name="Bosses", actor=alice)
    with pytest.raises(NotForGroups):
        services.set_group_role(group, role="owner", actor=alice)
    assert not RoleBinding.objects.filter(group=group).exists()


def test_a_directory_keeps_its_groups_and_people_their_roles(alice: User, vera: User) -> None:
    group = services.create_group(name="From the directory", external_id="g-1")
    services.add_to_group(group, vera)
    with pytest.raises(KeptByDirectory):
        services.remove_from_group(group, vera, actor=alice)
    with pytest.raises(KeptByDirectory):
        services.delete_group(group, actor=alice)
    services.set_group_role(group, role="operator", actor=alice)
    assert "run.control" in fresh(vera).permissions_in()


def test_a_name_is_taken_in_any_case(alice: User) -> None:
    services.create_group(name="Support", actor=alice)
    with pytest.raises(GroupExists):
        services.create_group(name="support", actor=alice)


def test_builders_may_not_change_groups(alice: User, bob: User) -> None:
    group = services.create_group(name="Support", actor=alice)
    for attempt in (
        lambda: services.create_group(name="x", actor=bob),
        lambda: services.rename_group(group, name="x", actor=bob),
        lambda: services.add_to_group(group, bob, actor=bob),
        lambda: services.set_group_role(group, role="viewer", actor=bob),
        lambda: services.delete_group(group, actor=bob),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_a_deleted_group_gives_nothing(alice: User, vera: User) -> None:
    group = services.create_group(name="Support", role="operator", actor=alice)
    services.add_to_group(group, vera, actor=alice)
    services.delete_group(group, actor=alice)
    assert "run.control" not in fresh(vera).permissions_in()
    assert AuditEntry.objects.filter(action="group.deleted").exists()


def test_who_was_removed_is_in_no_group(alice: User, vera: User) -> None:
    group = services.create_group(name="Support", role="operator", actor=alice)
    services.add_to_group(group, vera, actor=alice)
    services.remove_member(vera, actor=alice)
    assert not group.members.exists()


def test_a_key_limits_what_a_group_gives(alice: User, vera: User) -> None:
    group = services.create_group(name="Support", role="operator", actor=alice)
    services.add_to_group(group, vera, actor=alice)
    able = fresh(vera)
    able.acting_key, _ = services.create_api_key(name="k", role="viewer", user=able, actor=able)
    assert "run.control" not in able.permissions_in()


def test_members_of_a_folder_alone_see_no_groups(alice: User, vera: User) -> None:
    services.create_group(name="Support", actor=alice)
    assert visible(vera, Group.objects.all()).exists()
    folder = services.create_folder(name="Finance", actor=alice)
    services.change_role(vera, role=None, actor=alice)
    services.give_right(folder, vera, role="viewer", actor=alice)
    assert not visible(fresh(vera), Group.objects.all()).exists()
    assert list(visible(fresh(vera), Folder.objects.all())) == [folder]
