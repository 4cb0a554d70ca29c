"""Editing a draft together, live."""
