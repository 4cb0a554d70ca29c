"""Runs: what happened, and the interpreter that carries each to its end."""
