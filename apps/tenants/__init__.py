"""Workspaces: who exists, where their data is, and the walls between them.

All of django-tenants lives in this app. The current tenant is carried by one ContextVar
(`context`); everything else - connection, cache, files, tasks, sockets - asks it.
"""
