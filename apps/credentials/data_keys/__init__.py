"""The data key of a workspace: another one, and all that is sealed given to it while people work."""
