"""Pages of routes: settings, decisions in words, the reasons of a call."""
