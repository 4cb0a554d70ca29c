"""The API of members, roles and keys, and the base of every API view."""
