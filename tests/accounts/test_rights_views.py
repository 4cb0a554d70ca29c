"""The pages of groups, roles and rights on folders."""

import pytest
from django.test import Client

from apps.accounts import services
from apps.accounts.models import Folder, Group, Role, User
from tests.factories.browsers import browser

ROLE = {"label": "Auditor", "permissions": ["run.view", "audit.view"]}


@pytest.fixture
def group(alice: User) -> Group:
    return services.create_group(name="Support", role="operator", actor=alice)


@pytest.fixture
def folder(alice: User) -> Folder:
    return services.create_folder(name="Finance", actor=alice)


def told(client: Client, path: str, body: object = None) -> str:
    """Return what a page says, also one that a form leads to."""
    answer = client.get(path) if body is None else client.post(path, body, follow=True)
    return answer.content.decode()


def test_first_use_says_what_groups_are_for(alice: User, vera: User) -> None:
    assert "New group" in told(browser(alice), "/members/groups/")
    seen = told(browser(vera), "/members/groups/")
    assert "There is no group yet" in seen
    assert "New group" not in seen


def test_a_group_is_made_filled_and_deleted(alice: User, vera: User) -> None:
    client = browser(alice)
    seen = told(client, "/members/groups/new/", {"name": "Support", "role": "operator"})
    assert "Nobody is in this group yet" in seen
    path = f"/members/groups/{Group.objects.get().pk}/"
    assert "Vera is in the group now" in told(client, f"{path}add/", {"email": vera.email})
    assert "Vera" in told(client, f"{path}?q=ver")
    assert "Nobody here matches" in told(client, f"{path}?q=zoe")
    assert "Support" in told(client, "/members/?group=" + str(Group.objects.get().pk))
    assert "is called “Days”" in told(client, f"{path}rename/", {"name": "Days"})
    assert "has changed" in told(client, f"{path}role/", {"role": ""})
    assert "not in the group any more" in told(client, f"{path}remove/", {"user": str(vera.pk)})
    assert "is deleted" in told(client, f"{path}delete/", {})


@pytest.mark.parametrize(
    ("action", "body", "said"),
    [
        ("add", {"email": "nobody@x.example"}, "Nobody in the workspace has this"),
        ("add", {"email": "no address"}, "valid email"),
        ("rename", {"name": "AUDITORS"}, "a group of this name already"),
        ("role", {"role": "owner"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_in_the_form(
    alice: User, group: Group, action: str, body: dict[str, str], said: str
) -> None:
    services.create_group(name="Auditors", actor=alice)
    answer = browser(alice).post(f"/members/groups/{group.pk}/{action}/", body)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_a_directorys_group_has_no_buttons_and_no_way_round(alice: User, vera: User) -> None:
    kept = services.create_group(name="Kept", external_id="1")
    path = f"/members/groups/{kept.pk}/"
    seen = told(browser(alice), path)
    assert "A directory keeps this group" in seen
    assert "Add somebody" not in seen
    assert "Change its people and its name there" in told(browser(alice), f"{path}delete/", {})
    assert Group.objects.filter(pk=kept.pk).exists()


def test_viewers_look_at_groups_and_change_nothing(vera: User, group: Group) -> None:
    path = f"/members/groups/{group.pk}/"
    assert "Add somebody" not in told(browser(vera), path)
    assert browser(vera).post(f"{path}add/", {"email": vera.email}).status_code == 403


def test_a_role_is_made_changed_and_deleted(alice: User) -> None:
    client = browser(alice)
    assert "is made" in told(client, "/members/roles/new/", ROLE)
    path = "/members/roles/auditor/"
    assert told(client, path).count("checked") == 2
    assert "Saved" in told(client, path, {"label": "Auditor", "permissions": ["run.view"]})
    assert Role.objects.get(name="auditor").allowed == {"run.view"}
    assert "is deleted" in told(client, f"{path}delete/", {})


def test_a_role_that_is_wrong_keeps_what_was_chosen(alice: User) -> None:
    services.create_role(label="Auditor", permissions=[], actor=alice)
    answer = browser(alice).post("/members/roles/new/", ROLE)
    assert answer.status_code == 422
    assert "a role of this name already" in answer.content.decode()
    assert answer.content.decode().count("checked") == 2
    nothing = browser(alice).post("/members/roles/new/", {"label": "Empty"})
    assert "choose at least one" in nothing.content.decode()


def test_built_in_roles_and_held_ones_say_why_they_stay(alice: User, vera: User) -> None:
    seen = told(browser(alice), "/members/roles/viewer/")
    assert "It comes with every workspace" in seen
    assert "Save" not in seen
    services.create_role(label="Auditor", permissions=["run.view"], actor=alice)
    services.change_role(vera, role="auditor", actor=alice)
    assert "Somebody holds it" in told(browser(alice), "/members/roles/auditor/")
    assert "Somebody holds this role" in told(browser(alice), "/members/roles/auditor/delete/", {})


def test_roles_are_searched(vera: User) -> None:
    seen = told(browser(vera), "/members/roles/?q=oper")
    assert "Operator" in seen
    assert "Builder" not in seen
    assert "No role matches" in told(browser(vera), "/members/roles/?q=zzz")
    assert "New role" not in seen


def test_roles_on_a_folder_are_given_and_taken(alice: User, vera: User, folder: Folder) -> None:
    client, path = browser(alice), f"/workflows/folders/{folder.pk}/people/"
    assert "Nobody holds a role on this folder alone" in told(client, path)
    assert "Vera has the role" in told(client, path, {"holder": vera.email, "role": "builder"})
    right = folder.rights.get()
    inner = services.create_folder(name="Payroll", actor=alice, parent=folder)
    assert "given on" in told(client, f"/workflows/folders/{inner.pk}/people/")
    assert "does not have the role" in told(client, f"{path}{right.pk}/take/", {})


def test_a_group_is_a_holder_by_its_name(alice: User, group: Group, folder: Folder) -> None:
    path = f"/workflows/folders/{folder.pk}/people/"
    told(browser(alice), path, {"holder": "support", "role": "viewer"})
    assert folder.rights.get().group == group
    assert "Finance" in told(browser(alice), f"/members/groups/{group.pk}/")


def test_who_may_not_give_roles_on_a_folder_is_refused(
    alice: User, bob: User, vera: User, folder: Folder
) -> None:
    path = f"/workflows/folders/{folder.pk}/people/"
    assert "Give a role" not in told(browser(bob), path)
    assert browser(bob).post(path, {"holder": vera.email, "role": "viewer"}).status_code == 403
    right = services.give_right(folder, vera, role="viewer", actor=alice)
    assert browser(bob).post(f"{path}{right.pk}/take/").status_code == 403


def test_a_folder_that_is_not_seen_is_not_there(alice: User, vera: User, folder: Folder) -> None:
    other = services.create_folder(name="Other", actor=alice)
    services.give_right(folder, vera, role="viewer", actor=alice)
    services.change_role(vera, role=None, actor=alice)
    assert browser(vera).get(f"/workflows/folders/{folder.pk}/people/").status_code == 200
    assert browser(vera).get(f"/workflows/folders/{other.pk}/people/").status_code == 404


def test_a_member_keeps_roles_in_folders_alone(alice: User, vera: User) -> None:
    seen = told(browser(alice), f"/members/{vera.pk}/role/", {"role": ""})
    assert "has no role everywhere now" in seen
    assert User.objects.get(pk=vera.pk).role is None
