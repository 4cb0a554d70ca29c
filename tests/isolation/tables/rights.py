"""Requests about groups, roles and rights on folders."""

from tests.isolation.probe import FORM, LIST, NOBODYS, Probe, api, of

ROLE = {"label": "New role", "permissions": ["run.view"]}
TICKED = {"label": "New role", "permissions": "run.view"}

RIGHTS = [
    api("my-permissions", **NOBODYS),
    api("my-permissions", query="object=workflow:{workflow}", note="of a workflow", shows=False),
    api("my-permissions", query="object=folder:{folder}", note="of a folder", shows=False),
    api("role-list", **LIST),
    api("role-list", "POST", body=ROLE, **NOBODYS),
    api("role-detail", pk="own_role"),
    api("role-detail", "PATCH", pk="own_role", body={"permissions": ["run.view"]}),
    api("role-detail", "DELETE", pk="spare_role", shows=False),
    api("group-list", **LIST),
    api("group-list", "POST", body={"name": "New group", "role": "viewer"}, **NOBODYS),
    api("group-detail", pk="group"),
    api("group-detail", "PATCH", pk="group", body={"role": "operator"}),
    api("group-detail", "DELETE", pk="group", shows=False),
    api("group-members", pk="group"),
    api("group-members", "POST", pk="group", body=lambda w: {"user": of(w, "operator")}, shows=False),
    api("group-member", "DELETE", pk="group", user_id="colleague", shows=False),
    api("folder-rights", pk="folder"),
    api(
        "folder-rights", "POST", pk="folder", shows=True,
        body=lambda w: {"user": of(w, "operator"), "role": "builder"},
    ),
    api("folder-right", "DELETE", pk="folder", right_id="right", shows=False),
    Probe("accounts:groups", elsewhere=None),
    Probe("accounts:create_group", "POST", media=FORM, body={"name": "New group"}, **NOBODYS),
    Probe("accounts:group", args={"group_id": "group"}),
    *(
        Probe(
            "accounts:change_group", "POST", {"group_id": "group", "action": action}, media=FORM,
            body=body, note=action, shows=False,
        )
        for action, body in (
            ("rename", {"name": "Other"}),
            ("role", {"role": "viewer"}),
            ("add", lambda w: {"email": w.people["operator"].email}),
            ("remove", lambda w: {"user": of(w, "colleague")}),
            ("delete", None),
        )
    ),
    Probe("accounts:roles", elsewhere=None),
    Probe("accounts:create_role", **NOBODYS),
    Probe("accounts:create_role", "POST", media=FORM, body=TICKED, **NOBODYS),
    Probe("accounts:role", args={"name": "own_role"}),
    Probe("accounts:role", "POST", {"name": "own_role"}, media=FORM, body=TICKED, shows=False),
    Probe("accounts:delete_role", "POST", {"name": "spare_role"}, media=FORM, shows=False),
    Probe("accounts:rights", args={"folder_id": "folder"}),
    Probe(
        "accounts:rights", "POST", {"folder_id": "folder"}, media=FORM, shows=False,
        body=lambda w: {"holder": w.people["operator"].email, "role": "builder"},
    ),
    Probe(
        "accounts:take_right", "POST", {"folder_id": "folder", "right_id": "right"}, media=FORM, shows=False
    ),
]  # fmt: skip
