"""The services that a workspace reaches and that failed lately, and having one tried at once."""
