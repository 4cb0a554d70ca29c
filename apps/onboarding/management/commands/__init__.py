"""Commands of the onboarding app."""
