"""Watching runs live: the socket of a page, and events handed to all who look."""
