"""Answers that are given again: the same question of the same workspace, to the same route."""
