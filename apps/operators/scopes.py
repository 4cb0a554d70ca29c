"""What a platform key may do: each method of the platform API asks for one of these."""

READ = "workspaces.read"
CREATE = "workspaces.create"
LIMIT = "workspaces.limit"
SUSPEND = "workspaces.suspend"
DELETE = "workspaces.delete"

SCOPES: dict[str, str] = {
    READ: "See workspaces, what they use and their limits",
    CREATE: "Create workspaces and invite their first owner",
    LIMIT: "Change limits",
    SUSPEND: "Suspend and resume",
    DELETE: "Schedule and cancel deletions",
}
