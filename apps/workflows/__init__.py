"""Workflows: the draft as an update log, immutable versions, graph rules."""
