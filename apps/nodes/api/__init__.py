"""The catalogue of node types over HTTP."""
