"""The onboarding app."""

from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    """Its one table, of sign-ups that wait for their mail to be confirmed, is shared."""

    name = "apps.onboarding"
