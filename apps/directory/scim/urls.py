"""Addresses of SCIM."""

from django.urls import path, re_path

from apps.common.ids import UUID_PATTERN
from apps.directory.scim import discovery, groups, users

app_name = "scim"
urlpatterns = [
    path("ServiceProviderConfig", discovery.config, name="config"),
    path("ResourceTypes", discovery.resource_types, name="resource_types"),
    path("ResourceTypes/<str:name>", discovery.resource_type, name="resource_type"),
    path("Schemas", discovery.schemas, name="schemas"),
    path("Schemas/<str:urn>", discovery.schema, name="schema"),
    path("Users", users.users, name="users"),
    re_path(rf"^Users/(?P<person_id>{UUID_PATTERN})$", users.user, name="user"),
    path("Groups", groups.groups, name="groups"),
    re_path(rf"^Groups/(?P<group_id>{UUID_PATTERN})$", groups.group, name="group"),
]
