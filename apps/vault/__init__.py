"""Envelope encryption: the tenant's data key encrypts its secrets, the master key wraps that key."""
