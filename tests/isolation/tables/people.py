"""Requests about people: members, roles, invitations, keys and one's own profile."""

from tests.isolation.probe import FORM, LIST, NOBODYS, Probe, api

PEOPLE = [
    api("me", shows=True, elsewhere=None),
    api("session", shows=False, elsewhere=None),
    api("session", "POST", shows=False, elsewhere=None),
    api("sign-in-list", **NOBODYS),
    api("sign-in-list", query="user={colleague}", note="of a member", **NOBODYS),
    api("sign-in-detail", "DELETE", pk="sign_in", shows=False),
    api("sign-in-rules", **NOBODYS),
    api("sign-in-rules", "PATCH", body={"longest": 86_400, "idle": 3_600}, **NOBODYS),
    api("member-list", **LIST),
    api("member-list", query="limit=1", note="paged", **LIST),
    api("member-detail", pk="colleague"),
    api("member-detail", "PATCH", pk="colleague", body={"role": "operator"}),
    api("member-detail", "DELETE", pk="colleague", shows=False),
    api("member-belongings", pk="colleague", shows=False),
    api("invitation-list", **LIST),
    api(
        "invitation-list", "POST", body={"email": "new@example.com", "role": "viewer"}, elsewhere=None
    ),
    api("invitation-detail", "DELETE", pk="invitation", shows=False),
    api("api-key-list", **LIST),
    api("api-key-list", "POST", body={"name": "New", "role": "viewer"}, **NOBODYS),
    api("api-key-detail", "PATCH", pk="key", body={"networks": ["127.0.0.0/8"]}),
    api("api-key-detail", "DELETE", pk="key", shows=False),
    Probe("accounts:members", elsewhere=None),
    Probe(
        "accounts:invite", "POST", body={"email": "new@example.com", "role": "viewer"}, media=FORM, **NOBODYS
    ),
    *(
        Probe(
            "accounts:change_member", "POST", {"user_id": "colleague", "action": action},
            body={"role": "operator"}, media=FORM, note=action, shows=False,
        )
        for action in ("role", "resume", "factors")
    ),
    *(
        Probe(
            "accounts:leave", method, {"user_id": "colleague", "action": action}, media=FORM,
            note=action, shows=method == "GET",
        )
        for action in ("suspend", "remove")
        for method in ("GET", "POST")
    ),
    *(
        Probe(
            "accounts:change_invitation", "POST", {"invitation_id": "invitation", "action": action},
            media=FORM, note=action, shows=False,
        )
        for action in ("resend", "revoke")
    ),
    Probe("accounts:accept", args={"token": "invitation_token"}, elsewhere=410),
    Probe(
        "accounts:accept", "POST", {"token": "invitation_token"}, media=FORM, shows=False,
        body={"name": "New person", "password": "correct horse 7"}, elsewhere=410,
    ),
    Probe("accounts:api_keys", elsewhere=None),
    Probe(
        "accounts:create_key", "POST", media=FORM, elsewhere=None,
        body={"name": "New", "role": "viewer", "life": "30"},
    ),
    Probe("accounts:change_key", args={"key_id": "key"}),
    Probe(
        "accounts:change_key", "POST", {"key_id": "key"}, media=FORM, shows=False,
        body={"name": "Renamed", "networks": "127.0.0.0/8"},
    ),
    Probe("accounts:revoke_key", "POST", {"key_id": "key"}, media=FORM, shows=False),
    Probe("accounts:profile", elsewhere=None),
    Probe(
        "accounts:profile", "POST", media=FORM, body={"name": "Me", "time_zone": "UTC", "locale": "en"},
        **NOBODYS,
    ),
    Probe("accounts:sessions", **NOBODYS),
    Probe("accounts:end_other_sessions", "POST", media=FORM, **NOBODYS),
    Probe("accounts:member_sessions", args={"user_id": "colleague"}),
    Probe("accounts:end_sessions", "POST", {"user_id": "colleague"}, media=FORM, shows=False),
    Probe("accounts:end_session", "POST", {"sign_in_id": "sign_in"}, media=FORM, shows=False),
    Probe("accounts:sign_in_rules", **NOBODYS),
    Probe(
        "accounts:sign_in_rules", "POST", media=FORM, **NOBODYS,
        body={"idle": "3600", "longest": "86400", "factor_for": "nobody", "factor_grace": "604800"},
    ),
    Probe("account_sign_in_again", **NOBODYS),
    Probe("accounts:link", args={"uid": "link_uid", "token": "link_token"}, elsewhere=410),
    Probe(
        "accounts:link", "POST", {"uid": "link_uid", "token": "link_token"}, media=FORM, shows=False, elsewhere=410
    ),
]  # fmt: skip
