"""Bodies of calls that a workspace keeps for a while: off by default, masked, sealed."""
