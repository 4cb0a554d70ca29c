"""The library of prompts: immutable versions, labels that move, variables with types."""
