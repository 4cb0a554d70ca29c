"""Workflows asked as models over the gateway: which they are, what they are given, what is told."""
