"""Taking an archive in: what becomes of each kind of row in the workspace that it comes to."""
