"""Groups, roles and rights on folders over the API, and what the caller may do."""

import pytest
from rest_framework.test import APIClient

from apps.accounts import services
from apps.accounts.models import Folder, Group, Role, RoleBinding, User
from apps.workflows.services import create_workflow
from tests.factories.cast import api_client
from tests.workflows.definitions import greeting

GROUPS, ROLES, MINE = "/api/v1/groups/", "/api/v1/roles/", "/api/v1/me/permissions/"


@pytest.fixture
def group(alice: User) -> Group:
    return services.create_group(name="Support", role="operator", actor=alice)


@pytest.fixture
def folder(alice: User) -> Folder:
    return services.create_folder(name="Finance", actor=alice)


@pytest.fixture
def owner(alice: User) -> APIClient:
    return api_client(alice)


def names(client: APIClient, path: str, name: str = "name") -> list[str]:
    """Return what a list names, in alphabetical order."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return sorted(row[name] for row in answer.json()["results"])


def test_a_group_from_the_first_to_the_last(owner: APIClient, vera: User) -> None:
    made = owner.post(GROUPS, {"name": "Night shift", "role": "operator"}).json()
    assert (made["name"], made["role"], made["size"]) == ("Night shift", "operator", 0)
    path = f"{GROUPS}{made['id']}/"
    assert owner.post(f"{path}members/", {"user": str(vera.pk)}).status_code == 204
    assert names(owner, f"{path}members/") == ["Vera"]
    assert api_client(vera).get(MINE).json()["permissions"].count("run.control") == 1
    changed = owner.patch(path, {"name": "Days", "role": None}).json()
    assert (changed["name"], changed["role"], changed["size"]) == ("Days", None, 1)
    assert "run.control" not in api_client(vera).get(MINE).json()["permissions"]
    assert owner.delete(f"{path}members/{vera.pk}/").status_code == 204
    assert owner.delete(path).status_code == 204
    assert owner.get(path).status_code == 404


def test_groups_are_searched(owner: APIClient, alice: User, group: Group) -> None:
    services.create_group(name="Auditors", role="viewer", actor=alice)
    assert names(owner, GROUPS) == ["Auditors", "Support"]
    assert names(owner, f"{GROUPS}?q=sup") == ["Support"]
    assert names(owner, f"{GROUPS}?role=viewer") == ["Auditors"]


def test_members_are_searched(owner: APIClient, vera: User, bob: User, group: Group) -> None:
    services.add_to_group(group, vera)
    assert names(owner, f"/api/v1/members/?group={group.pk}") == ["Vera"]
    assert names(owner, "/api/v1/members/?role=operator") == ["Vera"]
    assert names(owner, "/api/v1/members/?q=bob&state=active&factor=off") == ["Bob"]
    for bad in ("state=odd", "factor=maybe", "group=none"):
        assert owner.get(f"/api/v1/members/?{bad}").status_code == 422
    shown = owner.get(f"/api/v1/members/{vera.pk}/").json()
    assert [each["name"] for each in shown["groups"]] == ["Support"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "support"}, 409),
        ({"name": ""}, 422),
        ({"name": "Bosses", "role": "owner"}, 422),
        ({"name": "Odd", "role": "wizard"}, 422),
    ],
)
def test_bad_groups(owner: APIClient, group: Group, body: dict[str, str], status: int) -> None:
    assert owner.post(GROUPS, body).status_code == status
    assert Group.objects.count() == 1


def test_a_directorys_group_is_changed_there(owner: APIClient, vera: User) -> None:
    kept = services.create_group(name="Kept", external_id="1")
    answer = owner.post(f"{GROUPS}{kept.pk}/members/", {"user": str(vera.pk)})
    assert (answer.status_code, answer.json()["code"]) == (409, "kept_by_directory")


def test_a_role_from_the_first_to_the_last(owner: APIClient, vera: User) -> None:
    made = owner.post(ROLES, {"label": "Auditor", "permissions": ["run.view"]}).json()
    assert made == {
        "name": "auditor",
        "label": "Auditor",
        "builtin": False,
        "permissions": ["run.view"],
    }
    assert owner.patch(f"/api/v1/members/{vera.pk}/", {"role": "auditor"}).status_code == 200
    assert api_client(vera).get(MINE).json() == {"object": None, "permissions": ["run.view"]}
    owner.patch(f"{ROLES}auditor/", {"permissions": ["usage.view"]})
    assert api_client(vera).get(MINE).json()["permissions"] == ["usage.view"]
    refused = owner.delete(f"{ROLES}auditor/")
    assert (refused.status_code, refused.json()["code"]) == (409, "role_in_use")
    assert owner.patch(f"/api/v1/members/{vera.pk}/", {"role": None}).json()["role"] is None
    assert owner.delete(f"{ROLES}auditor/").status_code == 204


def test_roles_are_searched(owner: APIClient, alice: User) -> None:
    services.create_role(label="Auditor", permissions=[], actor=alice)
    assert names(owner, f"{ROLES}?origin=own") == ["auditor"]
    assert names(owner, f"{ROLES}?q=view&origin=built_in") == ["viewer"]
    assert owner.get(f"{ROLES}?origin=odd").status_code == 422


def test_nobody_makes_a_role_beyond_their_own(alice: User, vera: User) -> None:
    services.create_role(label="Maker", permissions=["role.manage"], actor=alice)
    services.change_role(vera, role="maker", actor=alice)
    body = {"label": "More", "permissions": ["member.manage"]}
    assert api_client(vera).post(ROLES, body).status_code == 403
    assert not Role.objects.filter(name="more").exists()


def test_rights_of_a_folder(
    owner: APIClient, folder: Folder, vera: User, bob: User, group: Group
) -> None:
    path = f"/api/v1/folders/{folder.pk}/rights/"
    given = owner.post(path, {"user": str(vera.pk), "role": "builder"}).json()
    assert (given["user"]["name"], given["group"], given["role"]) == ("Vera", None, "builder")
    owner.post(path, {"group": str(group.pk), "role": "operator"})
    assert names(owner, path, "role") == ["builder", "operator"]
    assert api_client(bob).post(path, {"user": str(vera.pk), "role": "viewer"}).status_code == 403
    assert owner.delete(f"{path}{given['id']}/").status_code == 204
    assert names(owner, path, "role") == ["operator"]


def test_bad_rights(owner: APIClient, folder: Folder, vera: User, mallory: User) -> None:
    path = f"/api/v1/folders/{folder.pk}/rights/"
    for body, status in (
        ({"role": "viewer"}, 422),
        ({"role": "owner", "user": str(vera.pk)}, 422),
        ({"role": "viewer", "user": str(mallory.pk)}, 404),
        ({"role": "viewer", "user": str(vera.pk), "group": str(vera.pk)}, 422),
    ):
        assert owner.post(path, body).status_code == status, body
    assert not RoleBinding.objects.filter(folder=folder).exists()


def test_an_admin_of_a_folder_gives_rights_there(
    alice: User, bob: User, vera: User, folder: Folder
) -> None:
    services.give_right(folder, bob, role="admin", actor=alice)
    body = {"user": str(vera.pk), "role": "builder"}
    path = f"/api/v1/folders/{folder.pk}/rights/"
    assert api_client(bob).post(path, body).status_code == 201
    other = services.create_folder(name="Other", actor=alice)
    assert api_client(bob).post(f"/api/v1/folders/{other.pk}/rights/", body).status_code == 403


def test_what_one_may_do_with_an_object(
    alice: User, vera: User, folder: Folder, mallory: User
) -> None:
    inside = create_workflow(actor=alice, name="In", definition=greeting(), folder=folder)
    outside = create_workflow(actor=alice, name="Out", definition=greeting())
    services.give_right(folder, vera, role="builder", actor=alice)
    client = api_client(vera)

    def may(named: str) -> bool:
        return "workflow.edit" in client.get(MINE, {"object": named}).json()["permissions"]

    assert may(f"workflow:{inside.pk}")
    assert may(f"folder:{folder.pk}")
    assert not may(f"workflow:{outside.pk}")
    assert client.get(MINE, {"object": f"user:{mallory.pk}"}).status_code == 404
    assert client.get(MINE, {"object": "workflow:none"}).status_code == 404
    wrong = client.get(MINE, {"object": "teapot:1"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "object")
