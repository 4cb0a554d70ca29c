"""Wiring of the product: settings, URLs, ASGI and Celery. No logic."""

from auterity.celery import app as celery_app

__all__ = ["celery_app"]
