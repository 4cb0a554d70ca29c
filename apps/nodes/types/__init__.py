"""One file for each node type; a type never imports another."""
