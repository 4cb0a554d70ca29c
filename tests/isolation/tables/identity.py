"""Requests about single sign-on: connections, domains, the way in, and the set-up link."""

from tests.isolation.probe import FORM, NOBODYS, Probe, of

CONNECTION = {"connection_id": "connection"}
ASSERTING = {"connection_id": "saml_connection"}
DETAILS = {
    "issuer": "https://login.example", "client_id": "client", "email_claim": "email",
    "name_claim": "name", "groups_claim": "groups",
}  # fmt: skip


def _post(route: str, args: dict[str, str], note: str = "", **body: str) -> Probe:
    return Probe(f"identity:{route}", "POST", args, body=body, media=FORM, note=note, shows=False)


IDENTITY = [
    Probe("identity:overview", elsewhere=None),
    Probe("identity:new", **NOBODYS),
    Probe(
        "identity:new", "POST", media=FORM,
        body={"vendor": "okta", "protocol": "oidc", "name": "New"}, **NOBODYS,
    ),
    Probe("identity:add_domain", "POST", media=FORM, body={"name": "new.example"}, **NOBODYS),
    *(
        _post("change_domain", {"domain_id": "domain", "action": action}, action)
        for action in ("verify", "assign", "enforce", "release", "remove")
    ),
    *(
        _post("set_break_glass", {"user_id": "owner", "action": action}, action)
        for action in ("allow", "forbid")
    ),
    Probe("identity:details", args=CONNECTION),
    _post("details", CONNECTION, **DETAILS),
    Probe("identity:roles", args=CONNECTION),
    _post("set_default_role", CONNECTION, role="viewer"),
    _post("add_rule", CONNECTION, group="builders", role="builder"),
    _post("remove_rule", {**CONNECTION, "rule_id": "group_rule"}),
    Probe("identity:api_access", args=CONNECTION),
    _post("change_api_access", CONNECTION, audiences="new", claim="scope", longest="900", cap="viewer"),
    _post("set_scope_rule", CONNECTION, value="new", role="viewer"),
    _post(
        "add_token_client", CONNECTION, name="New", subject="new", client_id="new", role="viewer"
    ),
    _post("try_token", CONNECTION, token="a.b.c"),
    _post("remove_api_row", {**CONNECTION, "kind": "rules", "row_id": "scope_rule"}, "rules"),
    _post(
        "remove_api_row", {**CONNECTION, "kind": "programs", "row_id": "token_client"},
        "programs",
    ),
    Probe("identity:test", args=CONNECTION),
    Probe("identity:begin_test", args=CONNECTION),
    *(
        _post("act", {**CONNECTION, "action": action}, action)
        for action in ("activate", "disable", "drop", "delete", "revoke")
    ),
    Probe("identity:setup_link", args=CONNECTION),
    _post("setup_link", CONNECTION),
    _post("confirm", CONNECTION),
    Probe("identity:discover", "POST", media=FORM, body={"email": "somebody@nowhere.example"}, **NOBODYS),
    Probe("identity:start", args=CONNECTION, elsewhere=409),
    Probe("identity:prove", args=CONNECTION, elsewhere=409),
    Probe(
        "identity:callback", args=CONNECTION, query="state={state}&error=access_denied", shows=False, elsewhere=403
    ),
    Probe(
        "identity:add_certificate", "POST", ASSERTING, media=FORM, shows=False,
        body=lambda world: {"certificate": of(world, "certificate")},
    ),
    _post("remove_certificate", {**ASSERTING, "fingerprint": "fingerprint"}),
    Probe("identity:prepare_key", "POST", **NOBODYS),
    Probe("identity:switch_key", "POST", **NOBODYS),
    Probe("identity:metadata", args=ASSERTING, shows=False),
    Probe(
        "identity:acs", "POST", ASSERTING, media=FORM, shows=False, elsewhere=409,
        body=lambda world: {"SAMLResponse": of(world, "saml_response")},
    ),
    Probe("identity:setup_details", elsewhere=None),
    Probe("identity:setup_details", "POST", media=FORM, body=DETAILS, **NOBODYS),
    Probe("identity:setup", elsewhere=None),
    *(
        Probe(
            "identity:act_by_link", "POST", {"action": action}, media=FORM, note=action, shows=False,
            body={"role": "viewer"}, elsewhere=None,
        )
        for action in ("prove", "everyone", "activate", "enforce")
    ),
    Probe(
        "identity:add_setup_rule", "POST", media=FORM, body={"group": "new", "role": "viewer"}, **NOBODYS
    ),
    Probe("identity:remove_setup_rule", "POST", {"rule_id": "guest_rule"}, media=FORM, **NOBODYS),
    Probe("identity:setup_test", **NOBODYS),
    Probe("identity:begin_setup_test", **NOBODYS),
    Probe("identity:open_setup", args={"token": "setup_token"}, elsewhere=410),
    Probe(
        "identity:open_setup", "POST", {"token": "setup_token"}, media=FORM, shows=False, elsewhere=410
    ),
]  # fmt: skip
