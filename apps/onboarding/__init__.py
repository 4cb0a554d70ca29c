"""Sign-up: a workspace, its owner and a first workflow, made together; and the demo workspaces."""
