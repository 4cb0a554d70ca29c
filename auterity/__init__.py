"""Auterity: wiring only - settings, URLs, ASGI and Celery; no logic."""
