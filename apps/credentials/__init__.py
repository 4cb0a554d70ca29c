"""Credentials of a workspace: secrets for the steps of workflows, each bound to the hosts it is for."""
