"""The providers' own pages that our walk-throughs follow, and when each was last compared with them.

Consoles change: a step is as old as its day here. Where no day stands, nobody has compared it yet.
A page covers what it covers; it was read as search services keep it, not in a console.
"""

from dataclasses import dataclass
from datetime import date

OIDC, SAML, SCIM = "oidc", "saml", "scim"


@dataclass(frozen=True)
class Page:
    """A page of a provider's documentation, and the day on which our steps were held against it."""

    title: str
    address: str = ""
    compared: date | None = None


ON_30_NOV = date(2026, 11, 30)
LEARN = "https://learn.microsoft.com/en-us"

PAGES = {
    ("okta", OIDC): Page(
        "Create OpenID Connect app integrations",
        "https://help.okta.com/oie/en-us/content/topics/apps/apps_app_integration_wizard_oidc.htm",
    ),
    ("okta", SAML): Page(
        "Add an Okta SAML application",
        "https://help.okta.com/oag/en-us/Content/Topics/Access-Gateway/add-app-saml-pass-thru-add-okta.htm",
        ON_30_NOV,
    ),
    ("okta", SCIM): Page(
        "Add SCIM provisioning to app integrations",
        "https://help.okta.com/oie/en-us/Content/Topics/Apps/Apps_App_Integration_Wizard_SCIM.htm",
        ON_30_NOV,
    ),
    ("entra", OIDC): Page(
        "Register an application in Microsoft Entra ID",
        f"{LEARN}/entra/identity-platform/quickstart-register-app",
    ),
    ("entra", SAML): Page(
        "Enable single sign-on for an enterprise application",
        f"{LEARN}/entra/identity/enterprise-apps/add-application-portal-setup-sso",
        ON_30_NOV,
    ),
    ("entra", SCIM): Page(
        "Develop and plan provisioning for a SCIM endpoint",
        f"{LEARN}/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups",
    ),
    ("google", OIDC): Page(
        "OpenID Connect", "https://developers.google.com/identity/openid-connect/openid-connect"
    ),
    ("google", SAML): Page(
        "Set up your own custom SAML app", "https://support.google.com/a/answer/6087519"
    ),
    ("onelogin", SAML): Page("SAML Custom Connector (Advanced)"),
    ("onelogin", SCIM): Page("SCIM Provisioner with SAML"),
    ("ping", SAML): Page(
        "Add a SAML app, in the PingOne tutorials",
        "https://docs.pingidentity.com/r/en-us/pingone/pingone_p1tutorial_add_a_saml_app",
        ON_30_NOV,
    ),
    ("jumpcloud", SAML): Page(
        "SSO using Custom SAML Application Connectors",
        "https://jumpcloud.com/support/sso-using-custom-saml-application-connectors",
        ON_30_NOV,
    ),
    ("jumpcloud", SCIM): Page(
        "Identity Management using a Custom SCIM Integration",
        "https://jumpcloud.com/support/provision-and-manage-users-and-groups-in-apps-using-custom-scim-identity-management-integration",
        ON_30_NOV,
    ),
    ("keycloak", OIDC): Page(
        "Managing OpenID Connect clients, in the Server Administration Guide",
        "https://www.keycloak.org/docs/latest/server_admin/#_oidc_clients",
    ),
    ("keycloak", SAML): Page(
        "Creating a SAML client, in the Server Administration Guide",
        "https://www.keycloak.org/docs/latest/server_admin/#_client-saml-configuration",
        ON_30_NOV,
    ),
    ("auth0", OIDC): Page(
        "Register Regular Web Applications",
        "https://auth0.com/docs/get-started/auth0-overview/create-applications/regular-web-apps",
    ),
    ("auth0", SAML): Page(
        "Enable SAML2 Web App Addon",
        "https://auth0.com/docs/authenticate/protocols/saml/saml-sso-integrations/enable-saml2-web-app-addon",
        ON_30_NOV,
    ),
    ("adfs", SAML): Page(
        "Create a Relying Party Trust",
        f"{LEARN}/windows-server/identity/ad-fs/operations/create-a-relying-party-trust",
        ON_30_NOV,
    ),
    ("clerk", OIDC): Page(
        "Use Clerk as an OAuth 2 Provider", "https://clerk.com/docs/quickstarts/clerk-oauth2"
    ),
}


def page_of(vendor: str, protocol: str) -> Page | None:
    """Return the page that the steps of a provider follow; nothing for one that we do not know."""
    return PAGES.get((vendor, protocol))
