"""The table of roles and permissions, written out: a change here is a change of policy."""

import pytest

from apps.accounts.roles import BUILTIN, PERMISSIONS

ROLES = ["owner", "admin", "builder", "operator", "viewer", "caller"]
TABLE = {
    #                     owner admin builder operator viewer caller
    "workflow.view": (1, 1, 1, 1, 1, 0),
    "workflow.comment": (1, 1, 1, 1, 1, 0),
    "review.view": (1, 1, 1, 1, 1, 0),
    "run.view": (1, 1, 1, 1, 1, 0),
    "approval.view": (1, 1, 1, 1, 1, 0),
    "trigger.view": (1, 1, 1, 1, 1, 0),
    "member.view": (1, 1, 1, 1, 1, 0),
    "provider.view": (1, 1, 1, 1, 1, 0),
    "prompt.view": (1, 1, 1, 1, 1, 0),
    "service.view": (1, 1, 1, 1, 1, 0),
    "usage.view": (1, 1, 1, 1, 1, 0),
    "budget.view": (1, 1, 1, 1, 1, 0),
    "workflow.run": (1, 1, 1, 1, 0, 0),
    "run.control": (1, 1, 1, 1, 0, 0),
    "run.signal": (1, 1, 1, 1, 0, 0),
    "approval.decide": (1, 1, 1, 1, 0, 0),
    "service.manage": (1, 1, 1, 1, 0, 0),
    "api_key.use": (1, 1, 1, 1, 0, 0),
    "model.call": (1, 1, 1, 1, 0, 1),
    "campaign.decide": (1, 1, 1, 1, 0, 0),
    "workflow.edit": (1, 1, 1, 0, 0, 0),
    "workflow.publish": (1, 1, 1, 0, 0, 0),
    "workflow.delete": (1, 1, 1, 0, 0, 0),
    "review.decide": (1, 1, 1, 0, 0, 0),
    "trigger.edit": (1, 1, 1, 0, 0, 0),
    "prompt.edit": (1, 1, 1, 0, 0, 0),
    "credential.view": (1, 1, 1, 0, 0, 0),
    "credential.use": (1, 1, 1, 0, 0, 0),
    "workflow.moderate": (1, 1, 0, 0, 0, 0),
    "folder.manage": (1, 1, 0, 0, 0, 0),
    "review_rule.manage": (1, 1, 0, 0, 0, 0),
    "member.manage": (1, 1, 0, 0, 0, 0),
    "role.manage": (1, 1, 0, 0, 0, 0),
    "api_key.manage": (1, 1, 0, 0, 0, 0),
    "provider.manage": (1, 1, 0, 0, 0, 0),
    "credential.manage": (1, 1, 0, 0, 0, 0),
    "budget.manage": (1, 1, 0, 0, 0, 0),
    "connection.view": (1, 1, 0, 0, 0, 0),
    "audit.view": (1, 1, 0, 0, 0, 0),
    "audit.manage": (1, 1, 0, 0, 0, 0),
    "retention.view": (1, 1, 0, 0, 0, 0),
    "retention.manage": (1, 1, 0, 0, 0, 0),
    "data_class.view": (1, 1, 1, 1, 1, 0),
    "data_class.manage": (1, 1, 0, 0, 0, 0),
    "data.reveal": (1, 0, 0, 0, 0, 0),
    "data.erase": (1, 0, 0, 0, 0, 0),
    "campaign.view": (1, 1, 0, 0, 0, 0),
    "campaign.manage": (1, 1, 0, 0, 0, 0),
    "campaign.sign": (1, 1, 0, 0, 0, 0),
    "evidence.view": (1, 1, 0, 0, 0, 0),
    "evidence.manage": (1, 1, 0, 0, 0, 0),
    "call_body.view": (1, 0, 0, 0, 0, 0),
    "archive.view": (1, 0, 0, 0, 0, 0),
    "archive.manage": (1, 0, 0, 0, 0, 0),
    "connection.manage": (1, 0, 0, 0, 0, 0),
    "owner.manage": (1, 0, 0, 0, 0, 0),
    "workflow.purge": (1, 0, 0, 0, 0, 0),
    "workspace.manage": (1, 0, 0, 0, 0, 0),
}


def test_the_table_is_complete() -> None:
    assert set(TABLE) == PERMISSIONS


@pytest.mark.parametrize("permission", sorted(TABLE))
def test_roles_hold_what_the_table_says(permission: str) -> None:
    held = tuple(int(permission in BUILTIN[role]) for role in ROLES)
    assert held == TABLE[permission]
