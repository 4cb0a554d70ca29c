"""Answers that are given again to a question put in other words: off unless a route says so."""
