"""Measurements: one command each, one line of JSON."""
