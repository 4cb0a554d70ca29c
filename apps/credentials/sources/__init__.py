"""Where a secret comes from, if it is not kept here: read at the moment it is needed."""
