"""How long a workspace keeps what, what must be kept whatever that says, and the jobs that delete."""
