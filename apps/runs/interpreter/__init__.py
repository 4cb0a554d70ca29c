"""Carrying a run: from the claim of its ticket to what is written when it rests."""
