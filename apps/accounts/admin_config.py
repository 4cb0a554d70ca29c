"""Makes the staff site the default admin site."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """The stock admin with our own entrance; a module of its own, as it loads before the models."""

    default_site = "apps.accounts.staff.StaffSite"
