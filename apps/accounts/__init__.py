"""People, their roles and keys, and who may do what."""
