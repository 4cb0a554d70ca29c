"""Addresses of single sign-on: the pages, the way in, and the set-up link."""

from django.urls import path, re_path

from apps.common.ids import UUID_PATTERN
from apps.identity import (
    certificate_views,
    guest_views,
    link_views,
    saml_views,
    setup_views,
    sign_in_views,
    views,
)
from apps.identity.api_access import views as api_access_views

app_name = "identity"
connection = rf"^single-sign-on/(?P<connection_id>{UUID_PATTERN})"
urlpatterns = [
    path("single-sign-on/", views.overview, name="overview"),
    path("single-sign-on/new/", views.new, name="new"),
    path("single-sign-on/domains/", views.add_domain, name="add_domain"),
    re_path(
        rf"^single-sign-on/domains/(?P<domain_id>{UUID_PATTERN})/(?P<action>verify|assign|enforce|release|remove)/$",
        views.change_domain,
        name="change_domain",
    ),
    re_path(
        rf"^single-sign-on/emergency/(?P<user_id>{UUID_PATTERN})/(?P<action>allow|forbid)/$",
        views.set_break_glass,
        name="set_break_glass",
    ),
    path("single-sign-on/signing-key/prepare/", certificate_views.prepare_key, name="prepare_key"),
    path("single-sign-on/signing-key/switch/", certificate_views.switch_key, name="switch_key"),
    re_path(rf"{connection}/$", views.details, name="details"),
    re_path(rf"{connection}/roles/$", views.roles, name="roles"),
    re_path(rf"{connection}/roles/default/$", views.set_default_role, name="set_default_role"),
    re_path(rf"{connection}/rules/$", views.add_rule, name="add_rule"),
    re_path(
        rf"{connection}/rules/(?P<rule_id>{UUID_PATTERN})/remove/$",
        views.remove_rule,
        name="remove_rule",
    ),
    re_path(
        rf"{connection}/certificates/$", certificate_views.add_certificate, name="add_certificate"
    ),
    re_path(
        rf"{connection}/certificates/(?P<fingerprint>[0-9a-f]{{64}})/remove/$",
        certificate_views.remove_certificate,
        name="remove_certificate",
    ),
    re_path(rf"{connection}/api/$", api_access_views.overview, name="api_access"),
    re_path(rf"{connection}/api/change/$", api_access_views.change, name="change_api_access"),
    re_path(rf"{connection}/api/rules/$", api_access_views.set_rule, name="set_scope_rule"),
    re_path(rf"{connection}/api/programs/$", api_access_views.add_client, name="add_token_client"),
    re_path(rf"{connection}/api/try/$", api_access_views.attempt, name="try_token"),
    re_path(
        rf"{connection}/api/(?P<kind>rules|programs)/(?P<row_id>{UUID_PATTERN})/remove/$",
        api_access_views.remove,
        name="remove_api_row",
    ),
    re_path(rf"{connection}/test/$", views.test, name="test"),
    re_path(rf"{connection}/test/begin/$", views.begin_test, name="begin_test"),
    re_path(
        rf"{connection}/(?P<action>activate|disable|drop|delete|revoke)/$",
        views.act,
        name="act",
    ),
    re_path(rf"{connection}/setup-link/$", link_views.setup_link, name="setup_link"),
    re_path(rf"{connection}/confirm/$", link_views.confirm, name="confirm"),
    path("sso/", sign_in_views.discover, name="discover"),
    path("sso/<uuid:connection_id>/start/", sign_in_views.start, name="start"),
    path("sso/<uuid:connection_id>/prove/", sign_in_views.prove, name="prove"),
    path("sso/<uuid:connection_id>/callback/", sign_in_views.callback, name="callback"),
    path("sso/<uuid:connection_id>/acs/", saml_views.acs, name="acs"),
    path("sso/<uuid:connection_id>/metadata/", saml_views.our_metadata, name="metadata"),
    path("sso/setup/", setup_views.details, name="setup_details"),
    path("sso/setup/test/", setup_views.test, name="setup_test"),
    path("sso/setup/test/begin/", setup_views.begin_test, name="begin_setup_test"),
    path("sso/setup/steps/", guest_views.steps, name="setup"),
    re_path(
        r"^sso/setup/(?P<action>prove|everyone|activate|enforce)/$",
        guest_views.act,
        name="act_by_link",
    ),
    path("sso/setup/rules/", guest_views.add_rule, name="add_setup_rule"),
    re_path(
        rf"^sso/setup/rules/(?P<rule_id>{UUID_PATTERN})/remove/$",
        guest_views.remove_rule,
        name="remove_setup_rule",
    ),
    path("sso/setup/open/<str:token>/", setup_views.open_setup, name="open_setup"),
]
