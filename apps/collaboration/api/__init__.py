"""Tickets to rooms, and what changes in drafts."""
