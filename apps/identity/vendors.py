"""Identity providers that we know: what to do in each, in its own words, with the values to copy."""

from collections.abc import Mapping
from dataclasses import dataclass, field

OIDC, SAML = "oidc", "saml"
# By what it shows that a step is done: the details are there, the provider answered us and could be
# believed, or what the last test received.
ENTERED, ANSWERED, GROUPS = "entered", "answered", "groups"
SUBJECT, EMAIL, PASSED = "subject", "email", "passed"


@dataclass(frozen=True)
class Step:
    """One thing to do in the provider; `values` names what of ours is copied there."""

    title: str
    text: str
    values: tuple[str, ...] = ()
    shown_by: str = ENTERED

    def with_values(self, values: Mapping[str, str]) -> "tuple[Step, list[tuple[str, str]]]":
        """Return the step with what is copied at it, each by its name."""
        return self, [(name, values[name]) for name in self.values]


@dataclass(frozen=True)
class Vendor:
    """A provider: how its issuer looks, and the steps for each protocol that it speaks."""

    name: str
    label: str
    about: str
    issuer: str  # an example
    steps: dict[str, tuple[Step, ...]]
    console: str = ""
    email_claim: str = "email"
    name_claim: str = "name"
    groups_claim: str = "groups"
    saml_claims: tuple[str, str, str] = ("email", "name", "groups")
    fields: dict[str, str] = field(default_factory=dict)  # what it calls ours, where it differs
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def protocols(self) -> str:
        """What it can be set up by, in words."""
        return " or ".join(LABELS[each] for each in self.steps)

    def claims(self, protocol: str) -> tuple[str, str, str]:
        """By which names it tells e-mail, name and groups."""
        return (
            self.saml_claims
            if protocol == SAML
            else (self.email_claim, self.name_claim, self.groups_claim)
        )


LABELS = {OIDC: "OpenID Connect", SAML: "SAML 2.0"}
REDIRECT, START, METADATA = "Redirect URI", "Sign-in page", "Our metadata"
ACS, ENTITY = "ACS URL", "Entity ID"
ASSIGN = Step(
    "Assign people",
    "Yourself first. Nobody else is affected until the connection is switched on.",
    shown_by=PASSED,
)

CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"

OKTA = Vendor(
    "okta", "Okta", "Workforce Identity", "https://your-company.okta.com",
    {
        OIDC: (
            Step("Create an app integration", "Applications, Create App Integration: choose OIDC and Web Application."),
            Step("Enter the redirect URI", "Under Sign-in redirect URIs. Leave the grant type at Authorization Code.", (REDIRECT,), shown_by=ANSWERED),
            Step("Send groups", "Sign On, OpenID Connect ID Token: Groups claim type Filter, claim groups, Matches regex, and a pattern such as ^auterity-.*", shown_by=GROUPS),
            Step("Copy client ID and secret", "General, Client Credentials. Issuer: Sign On, Issuer set to your Okta URL, not Dynamic."),
            ASSIGN,
        ),
        SAML: (
            Step("Create a SAML 2.0 app", "Applications, Create App Integration, SAML 2.0."),
            Step("Paste these two values", "Single sign-on URL and Audience URI (SP Entity ID).", (ACS, ENTITY), shown_by=ANSWERED),
            Step("Set Name ID format to Persistent", "Application username: Okta username. Signature algorithm RSA-SHA256, Assertion signature Signed.", shown_by=SUBJECT),
            Step("Add attributes", "email: user.email, name: user.displayName. Group attribute groups, Matches regex, ^auterity-.*", shown_by=EMAIL),
            Step("Copy the metadata", "Sign On, SAML Signing Certificates, Actions, View IdP metadata."),
            ASSIGN,
        ),
    },
    console="https://login.okta.com/",
    fields={ACS: "Single sign-on URL", ENTITY: "Audience URI (SP Entity ID)"},
)  # fmt: skip
ENTRA = Vendor(
    "entra", "Microsoft Entra ID", "Formerly Azure AD", "https://login.microsoftonline.com/<tenant id>/v2.0",
    {
        OIDC: (
            Step("Register an application", "App registrations, New registration: Accounts in this organizational directory only."),
            Step("Enter the redirect URI", "Platform Web.", (REDIRECT,), shown_by=ANSWERED),
            Step("Make a client secret", "Certificates & secrets, New client secret: copy its Value, not its ID."),
            Step("Send e-mail and groups", "Token configuration: Add optional claim, ID, email. Add groups claim: Groups assigned to the application.", shown_by=EMAIL),
            Step("Copy the ids", "Overview: Application (client) ID is the client ID. The issuer ends in your Directory (tenant) ID and /v2.0."),
        ),
        SAML: (
            Step("Create an enterprise application", "Enterprise applications, New application, Create your own: any other application not in the gallery."),
            Step("Paste these two values", "Single sign-on, SAML, Basic SAML Configuration: Identifier (Entity ID) and Reply URL.", (ENTITY, ACS), shown_by=ANSWERED),
            Step("Set the Name ID", "Attributes & Claims: Unique User Identifier, format Persistent, source user.objectid.", shown_by=SUBJECT),
            Step("Sign the assertion", "SAML Certificates, Edit: Sign SAML assertion, SHA-256.", shown_by=ANSWERED),
            Step("Send groups", "Attributes & Claims, Add a group claim: Groups assigned to the application.", shown_by=GROUPS),
            Step("Copy the metadata", "SAML Certificates: App Federation Metadata Url."),
        ),
    },
    console="https://entra.microsoft.com/",
    saml_claims=(
        f"{CLAIMS}/emailaddress",
        "http://schemas.microsoft.com/identity/claims/displayname",
        "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
    ),
    fields={ACS: "Reply URL (Assertion Consumer Service URL)", ENTITY: "Identifier (Entity ID)"},
    notes=dict.fromkeys(
        (OIDC, SAML), "Entra names groups by their object ID. Of people in too many groups it sends none: choose Groups assigned to the application."
    ),
)  # fmt: skip
GOOGLE = Vendor(
    "google", "Google Workspace", "Accounts of your organization", "https://accounts.google.com",
    {
        OIDC: (
            Step("Make an OAuth client", "Google Cloud console, APIs & Services, Credentials: OAuth client ID, Web application."),
            Step("Enter the redirect URI", "Authorized redirect URIs.", (REDIRECT,), shown_by=ANSWERED),
            Step("Keep it internal", "OAuth consent screen: User type Internal, so that only your organization signs in."),
            Step("Copy client ID and secret", "The issuer is https://accounts.google.com for everybody."),
        ),
        SAML: (
            Step("Add a custom SAML app", "Admin console, Apps, Web and mobile apps, Add app, Add custom SAML app."),
            Step("Download the metadata", "Google Identity Provider details: Download metadata, and open the file."),
            Step("Paste these two values", "Service provider details: ACS URL and Entity ID. Name ID format PERSISTENT, Basic Information, Primary email.", (ACS, ENTITY), shown_by=ANSWERED),
            Step("Add attributes", "Primary email: email. First name: name. Group membership: groups, with the groups to send.", shown_by=EMAIL),
            Step("Switch it on", "User access: ON for the organizational unit that should sign in.", shown_by=PASSED),
        ),
    },
    console="https://admin.google.com/", groups_claim="",
    notes={
        OIDC: "Google sends no groups by OpenID Connect. Use SAML where roles should follow groups.",
        SAML: "Google may need some minutes, at times a day, until a new app works for everybody.",
    },
)  # fmt: skip
AUTH0 = Vendor(
    "auth0", "Auth0", "By Okta", "https://your-company.auth0.com/",
    {
        OIDC: (
            Step("Create an application", "Applications, Create Application: Regular Web Application."),
            Step("Enter the redirect URI", "Settings, Allowed Callback URLs.", (REDIRECT,), shown_by=ANSWERED),
            Step("Check the signature", "Settings, Advanced Settings, OAuth: JSON Web Token Signature Algorithm RS256.", shown_by=ANSWERED),
            Step("Send groups", "Actions, Triggers, post-login: set the custom claim https://auterity/groups from the roles of event.authorization.", shown_by=GROUPS),
            Step("Copy the settings", "Domain, Client ID and Client Secret. The issuer is https://, the domain, and a slash at its end."),
        ),
        SAML: (
            Step("Create an application", "Applications, Create Application: Regular Web Application."),
            Step("Switch on SAML2 Web App", "Addons. Application Callback URL, and audience in its settings.", (ACS, ENTITY), shown_by=ANSWERED),
            Step("Sign the assertion", 'Settings: "signatureAlgorithm": "rsa-sha256", "digestAlgorithm": "sha256", "signResponse": false, "nameIdentifierFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent".', shown_by=ANSWERED),
            Step("Copy the metadata", "Addons, SAML2 Web App, Usage: Identity Provider Metadata."),
            Step("Leave the other claims as they are", "Auth0 says by one of them whether an address is confirmed; only those link people.", shown_by=EMAIL),
        ),
    },
    console="https://manage.auth0.com/", groups_claim="https://auterity/groups",
    saml_claims=(f"{CLAIMS}/emailaddress", f"{CLAIMS}/name", "http://schemas.xmlsoap.org/claims/Group"),
    fields={ACS: "Application Callback URL", ENTITY: "audience"},
)  # fmt: skip
CLERK = Vendor(
    "clerk", "Clerk", "Clerk as the provider", "https://clerk.your-company.com",
    {
        OIDC: (
            Step("Add an OAuth application", "Configure, OAuth applications, Add OAuth application."),
            Step("Enter the redirect URI", "Scopes openid, email and profile.", (REDIRECT,), shown_by=ANSWERED),
            Step("Copy client ID and secret", "The secret is shown once. The issuer is the Frontend API URL of your instance, under API keys."),
        ),
    },
    console="https://dashboard.clerk.com/", groups_claim="",
    notes={OIDC: "Clerk sends no groups. Everyone gets the role that you choose for everyone else."},
)  # fmt: skip
KEYCLOAK = Vendor(
    "keycloak", "Keycloak", "Your own server", "https://sso.your-company.com/realms/main",
    {
        OIDC: (
            Step("Create a client", "Clients, Create client: OpenID Connect. Client authentication On, Standard flow only."),
            Step("Enter the redirect URI", "Valid redirect URIs.", (REDIRECT,), shown_by=ANSWERED),
            Step("Send groups", "Client scopes, the client's dedicated scope, Add mapper, Group Membership: claim groups, Full group path Off.", shown_by=GROUPS),
            Step("Copy the secret", "Credentials. The issuer is the address of the server, /realms/ and the realm."),
        ),
        SAML: (
            Step("Create a client", "Clients, Create client: SAML, with our entity ID as its Client ID.", (ENTITY,), shown_by=ANSWERED),
            Step("Enter the ACS URL", "Valid redirect URIs, and Master SAML Processing URL.", (ACS,), shown_by=ANSWERED),
            Step("Sign assertions", "Sign assertions On, RSA_SHA256. Name ID format persistent, Force name ID format On.", shown_by=ANSWERED),
            Step("Send attributes", "Mappers: User Property email as email, emailVerified as email_verified, Group list as groups with Full group path Off.", shown_by=EMAIL),
            Step("Copy the metadata", "Realm settings, Endpoints: SAML 2.0 Identity Provider Metadata."),
        ),
    },
    fields={ACS: "Valid redirect URIs and the Master SAML Processing URL", ENTITY: "Client ID"},
)  # fmt: skip
ONELOGIN = Vendor(
    "onelogin", "OneLogin", "By One Identity", "https://app.onelogin.com/saml/metadata/<app id>",
    {
        SAML: (
            Step("Add an application", "Applications, Add App: SAML Custom Connector (Advanced)."),
            Step("Paste these values", "Configuration: ACS (Consumer) URL and its validator, Audience (EntityID), Login URL.", (ACS, ENTITY, START), shown_by=ANSWERED),
            Step("Start at our side", "Configuration: SAML initiator Service Provider, SAML nameID format Persistent, SAML signature element Assertion or Both.", shown_by=ANSWERED),
            Step("Sign with SHA-256", "SSO: SAML Signature Algorithm SHA-256.", shown_by=ANSWERED),
            Step("Add attributes", "Parameters, each with Include in SAML assertion: email, name, and groups from User Roles as a multi-value parameter.", shown_by=EMAIL),
            Step("Copy the metadata", "More Actions, SAML Metadata: open the file."),
            ASSIGN,
        ),
    },
    console="https://app.onelogin.com/admin2",
    fields={ACS: "ACS (Consumer) URL", ENTITY: "Audience (EntityID)"},
)  # fmt: skip
PING = Vendor(
    "ping", "PingOne", "Ping Identity", "https://auth.pingone.com/<environment id>",
    {
        SAML: (
            Step("Add an application", "Applications, +, SAML Application: Manually enter."),
            Step("Paste these two values", "ACS URLs and Entity ID.", (ACS, ENTITY), shown_by=ANSWERED),
            Step("Sign the assertion", "Configuration: Sign Assertion (or Sign Assertion & Response), RSA_SHA256. Subject NameID format persistent.", shown_by=ANSWERED),
            Step("Map attributes", "Attribute Mappings: saml_subject to User ID, email to Email Address, name to Formatted, groups to Group Names.", shown_by=EMAIL),
            Step("Copy the metadata", "Configuration: IDP Metadata URL. Then switch the application on."),
            ASSIGN,
        ),
    },
    console="https://console.pingone.com/",
    fields={ACS: "ACS URLs", ENTITY: "Entity ID"},
)  # fmt: skip
JUMPCLOUD = Vendor(
    "jumpcloud", "JumpCloud", "Cloud directory", "https://sso.jumpcloud.com/saml2/auterity",
    {
        SAML: (
            Step("Add an application", "SSO Applications, Add New Application: Custom Application, then Manage Single Sign-On with SAML."),
            Step("Paste these values", "SSO: SP Entity ID, ACS URLs, and Login URL.", (ENTITY, ACS, START), shown_by=ANSWERED),
            Step("Name the provider", "IdP Entity ID: a name of your own that is unique, such as jumpcloud-auterity."),
            Step("Set Name ID and signature", "SAMLSubject NameID userid or username, format persistent. Signature Algorithm RSA-SHA256, Sign Assertion.", shown_by=SUBJECT),
            Step("Add attributes", "User attributes: email to email, name to fullname. Include group attribute: groups.", shown_by=EMAIL),
            Step("Copy the metadata", "After Activate: Copy Metadata URL, or Export Metadata."),
            Step("Give groups access", "User Groups: those that should sign in. Nobody else is affected until the connection is switched on.", shown_by=PASSED),
        ),
    },
    console="https://console.jumpcloud.com/",
    fields={ACS: "ACS URLs", ENTITY: "SP Entity ID"},
)  # fmt: skip
ADFS = Vendor(
    "adfs", "AD FS", "Active Directory Federation Services", "http://adfs.your-company.com/adfs/services/trust",
    {
        SAML: (
            Step("Add a relying party trust", "Claims aware, Import data published online, or from a file that you save from here.", (METADATA,), shown_by=ANSWERED),
            Step("Check the addresses", "Endpoints: SAML Assertion Consumer, POST. Identifiers: ours.", (ACS, ENTITY), shown_by=ANSWERED),
            Step("Set SHA-256", "Advanced: Secure hash algorithm SHA-256.", shown_by=ANSWERED),
            Step("Leave encryption off", "Encryption: no certificate. The trust would encrypt the assertion, which we refuse.", shown_by=ANSWERED),
            Step("Issue claims", "Send LDAP Attributes: E-Mail-Addresses as E-Mail Address, Display-Name as Name, Token-Groups - Unqualified Names as Group.", shown_by=EMAIL),
            Step("Issue a Name ID", "Transform an incoming claim: objectGUID or UPN, outgoing Name ID, format Persistent Identifier.", shown_by=SUBJECT),
            Step("Copy the metadata", "https://, your server, /FederationMetadata/2007-06/FederationMetadata.xml"),
        ),
    },
    saml_claims=(f"{CLAIMS}/emailaddress", f"{CLAIMS}/name", "http://schemas.xmlsoap.org/claims/Group"),
    fields={ACS: "the SAML Assertion Consumer endpoint", ENTITY: "the relying party identifier"},
)  # fmt: skip
OTHER = Vendor(
    "other", "Another provider", "Anything that speaks the standards", "https://login.your-company.com",
    {
        OIDC: (
            Step("Register a confidential web client", "Authorization code flow with PKCE, ID tokens signed by RS256 or ES256."),
            Step("Enter the redirect URI", "Exactly as it stands here.", (REDIRECT,), shown_by=ANSWERED),
            Step("Send these claims", "sub, email, email_verified and name; groups as a list of texts, if roles should follow them.", shown_by=EMAIL),
            Step("Copy issuer, client ID and secret", "The issuer is the address in front of /.well-known/openid-configuration."),
        ),
        SAML: (
            Step("Register a service provider", "HTTP-POST binding for answers, HTTP-Redirect for requests.", (ACS, ENTITY), shown_by=ANSWERED),
            Step("Sign the assertion", "RSA-SHA256, exclusive canonicalization, not encrypted.", shown_by=ANSWERED),
            Step("Send a persistent Name ID", "And the attributes email, email_verified (true), name and groups.", shown_by=SUBJECT),
            Step("Copy the metadata", "Its address, or the text itself."),
        ),
    },
)  # fmt: skip

VENDORS = {
    each.name: each
    for each in (
        OKTA, ENTRA, GOOGLE, ONELOGIN, PING, JUMPCLOUD, KEYCLOAK, AUTH0, ADFS, CLERK, OTHER,
    )
}  # fmt: skip


def told_to_set(vendor: str, ours: str, value: str) -> str:
    """Return what to do in a provider where it holds another value of ours, in its own words."""
    known = VENDORS[vendor]
    place = "the provider" if known is OTHER else known.label
    return f"In {place}, set {known.fields.get(ours, ours)} to {value}"
