"""The permissions there are, and the roles that come with every workspace.

A permission reads `<resource>.<verb>`. Roles grow from one to the next, so the table below is the
whole truth about them; `tests/accounts/test_roles.py` holds the same table written out.
"""

VIEWER = frozenset(
    {
        "workflow.view",
        "workflow.comment",
        "review.view",
        "run.view",
        "approval.view",
        "trigger.view",
        "member.view",
        "provider.view",
        "prompt.view",
        "service.view",
        "usage.view",
        "budget.view",
        "data_class.view",
    }
)
OPERATOR = VIEWER | {
    "workflow.run",
    "run.control",
    "run.signal",
    "approval.decide",
    "service.manage",
    "api_key.use",
    "model.call",
    "campaign.decide",  # on others' rights, where one is asked
}
BUILDER = OPERATOR | {
    "workflow.edit",
    "workflow.publish",
    "workflow.delete",
    "review.decide",
    "trigger.edit",
    "prompt.edit",
    "credential.view",
    "credential.use",
}
ADMIN = BUILDER | {
    "folder.manage",
    "workflow.moderate",  # delete what others said of it
    "review_rule.manage",
    "member.manage",
    "role.manage",
    "api_key.manage",
    "provider.manage",
    "credential.manage",
    "budget.manage",
    "connection.view",
    "audit.view",
    "audit.manage",  # where the trail is sent to
    "retention.view",
    "retention.manage",
    "data_class.manage",
    "campaign.view",
    "campaign.manage",
    "campaign.sign",  # have what is to go taken away
    "evidence.view",  # with all that packs hold
    "evidence.manage",
}
OWNER = ADMIN | {
    "call_body.view",  # what was asked and answered in calls, where it is kept
    "data.reveal",  # what is withheld from the rows of runs
    "data.erase",
    "archive.view",
    "archive.manage",  # take all of the workspace away, and let another one come in
    "owner.manage",
    "connection.manage",
    "workflow.purge",
    "workspace.manage",
}
CALLER = frozenset({"model.call"})

BUILTIN: dict[str, frozenset[str]] = {
    "owner": OWNER,
    "admin": ADMIN,
    "builder": BUILDER,
    "operator": OPERATOR,
    "viewer": VIEWER,
    "caller": CALLER,
}
# Roles that keys hold, not people.
FOR_KEYS = frozenset({"caller"})
PERMISSIONS = OWNER
# What a workspace's own roles may hold: owners are made by owners, and by no other role.
GRANTABLE = PERMISSIONS - {"owner.manage"}
# The most that platform support may do once it is let in, whatever its role: it neither meets
# secrets nor decides in anybody's name.
FOR_SUPPORT = VIEWER | {
    "workflow.run",
    "run.control",
    "run.signal",
    "service.manage",
    "workflow.edit",
    "workflow.publish",
}
# Roles that groups and folders cannot carry: an owner is a person, of the whole workspace.
FOR_PEOPLE_ALONE = frozenset({"owner"})

# What each role is for, where people choose one.
ABOUT: dict[str, str] = {
    "owner": "All of it, with the other owners and the end of the workspace",
    "admin": "People, security, providers and budgets",
    "builder": "Edit, run and publish workflows",
    "operator": "Run, approve, see runs",
    "viewer": "See workflows and runs, comment",
    "caller": "Ask models, for programs",
}

# What a view may declare instead of a permission; for strangers: common.permissions.PUBLIC.
ANY_MEMBER = "any member"
