"""The append-only trail of who changed what; actor and target by id and label, no foreign keys; linked into a chain."""
