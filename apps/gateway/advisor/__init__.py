"""The advisor: each night it looks whether a route would cost less with a cheap target first."""
