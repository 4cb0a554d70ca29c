"""People and what they may do: each change is transaction, audit entry and mail in one place."""

from apps.accounts.services.first_owner import invite_first_owner
from apps.accounts.services.giving import role_named
from apps.accounts.services.groups import (
    add_to_group,
    create_group,
    delete_group,
    remove_from_group,
    rename_group,
    set_group_role,
)
from apps.accounts.services.handing_over import (
    check_is_no_more_than,
    hand_over,
    preview,
)
from apps.accounts.services.keeping import change_details, change_people
from apps.accounts.services.keys import (
    change_api_key,
    check_end,
    create_api_key,
    create_service_key,
    end_rotation,
    note_refusal,
    revoke_api_key,
    rotate_api_key,
)
from apps.accounts.services.people import (
    accept_invitation,
    add_member,
    add_staff,
    change_role,
    find_invitation,
    invite_member,
    remove_member,
    resend_invitation,
    revoke_invitation,
    set_active,
)
from apps.accounts.services.rights import create_folder, give_right, take_right
from apps.accounts.services.roles import change_custom_role, create_role, delete_role
from apps.accounts.services.sessions import (
    Browser,
    begin_session,
    end_all_sign_ins,
    end_sign_in,
    note_use,
    reset_factors,
    turn_key,
)
from apps.accounts.services.sign_in_rules import change_sign_in_rules

__all__ = [
    "Browser",
    "accept_invitation",
    "add_member",
    "add_staff",
    "add_to_group",
    "begin_session",
    "change_api_key",
    "change_custom_role",
    "change_details",
    "change_people",
    "change_role",
    "change_sign_in_rules",
    "check_end",
    "check_is_no_more_than",
    "create_api_key",
    "create_folder",
    "create_group",
    "create_role",
    "create_service_key",
    "delete_group",
    "delete_role",
    "end_all_sign_ins",
    "end_rotation",
    "end_sign_in",
    "find_invitation",
    "give_right",
    "hand_over",
    "invite_first_owner",
    "invite_member",
    "note_refusal",
    "note_use",
    "preview",
    "remove_from_group",
    "remove_member",
    "rename_group",
    "resend_invitation",
    "reset_factors",
    "revoke_api_key",
    "revoke_invitation",
    "role_named",
    "rotate_api_key",
    "set_active",
    "set_group_role",
    "take_right",
    "turn_key",
]
