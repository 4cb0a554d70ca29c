"""Providers as calls meet them: their keys, and what they answer, event by event."""
