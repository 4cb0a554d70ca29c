"""Identity providers that we know: what to do in each, in its own words, with the values to copy."""

from dataclasses import dataclass, field

OIDC = "oidc"


@dataclass(frozen=True)
class Step:
    """One thing to do in the provider; `values` names what of ours is copied there."""

    title: str
    text: str
    values: tuple[str, ...] = ()


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
    notes: dict[str, str] = field(default_factory=dict)


REDIRECT = "Redirect URI"

OKTA = Vendor(
    "okta", "Okta", "Workforce Identity", "https://your-company.okta.com",
    {
        OIDC: (
            Step("Create an app integration", "Applications, Create App Integration: choose OIDC and Web Application."),
            Step("Enter the redirect URI", "Under Sign-in redirect URIs. Leave the grant type at Authorization Code.", (REDIRECT,)),
            Step("Send groups", "Sign On, OpenID Connect ID Token: Groups claim type Filter, claim groups, Matches regex, and a pattern such as ^auterity-.*"),
            Step("Copy client ID and secret", "General, Client Credentials. Issuer: Sign On, Issuer set to your Okta URL, not Dynamic."),
            Step("Assign people", "Assignments: yourself first. Nobody else is affected until the connection is switched on."),
        ),
    },
    console="https://login.okta.com/",
)  # fmt: skip
ENTRA = Vendor(
    "entra", "Microsoft Entra ID", "Formerly Azure AD", "https://login.microsoftonline.com/<tenant id>/v2.0",
    {
        OIDC: (
            Step("Register an application", "App registrations, New registration: Accounts in this organizational directory only."),
            Step("Enter the redirect URI", "Platform Web.", (REDIRECT,)),
            Step("Make a client secret", "Certificates & secrets, New client secret: copy its Value, not its ID."),
            Step("Send e-mail and groups", "Token configuration: Add optional claim, ID, email. Add groups claim: Groups assigned to the application."),
            Step("Copy the ids", "Overview: Application (client) ID is the client ID. The issuer ends in your Directory (tenant) ID and /v2.0."),
        ),
    },
    console="https://entra.microsoft.com/",
    notes={OIDC: "Entra names groups by their object ID. With more than 200 groups it sends none: choose Groups assigned to the application."},
)  # fmt: skip
GOOGLE = Vendor(
    "google", "Google Workspace", "Accounts of your organization", "https://accounts.google.com",
    {
        OIDC: (
            Step("Make an OAuth client", "Google Cloud console, APIs & Services, Credentials: OAuth client ID, Web application."),
            Step("Enter the redirect URI", "Authorized redirect URIs.", (REDIRECT,)),
            Step("Keep it internal", "OAuth consent screen: User type Internal, so that only your organization signs in."),
            Step("Copy client ID and secret", "The issuer is https://accounts.google.com for everybody."),
        ),
    },
    console="https://admin.google.com/", groups_claim="",
    notes={OIDC: "Google sends no groups by OpenID Connect. Everyone gets the role that you choose for everyone else."},
)  # fmt: skip
AUTH0 = Vendor(
    "auth0", "Auth0", "By Okta", "https://your-company.auth0.com/",
    {
        OIDC: (
            Step("Create an application", "Applications, Create Application: Regular Web Application."),
            Step("Enter the redirect URI", "Settings, Allowed Callback URLs.", (REDIRECT,)),
            Step("Check the signature", "Settings, Advanced Settings, OAuth: JSON Web Token Signature Algorithm RS256."),
            Step("Send groups", "Actions, Triggers, post-login: set the custom claim https://auterity/groups from the roles of event.authorization."),
            Step("Copy the settings", "Domain, Client ID and Client Secret. The issuer is https://, the domain, and a slash at its end."),
        ),
    },
    console="https://manage.auth0.com/", groups_claim="https://auterity/groups",
)  # fmt: skip
CLERK = Vendor(
    "clerk", "Clerk", "Clerk as the provider", "https://clerk.your-company.com",
    {
        OIDC: (
            Step("Add an OAuth application", "Configure, OAuth applications, Add OAuth application."),
            Step("Enter the redirect URI", "Scopes openid, email and profile.", (REDIRECT,)),
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
            Step("Enter the redirect URI", "Valid redirect URIs.", (REDIRECT,)),
            Step("Send groups", "Client scopes, the client's dedicated scope, Add mapper, Group Membership: claim groups, Full group path Off."),
            Step("Copy the secret", "Credentials. The issuer is the address of the server, /realms/ and the realm."),
        ),
    },
)  # fmt: skip
OTHER = Vendor(
    "other", "Another provider", "Anything that speaks the standards", "https://login.your-company.com",
    {
        OIDC: (
            Step("Register a confidential web client", "Authorization code flow with PKCE, ID tokens signed by RS256 or ES256."),
            Step("Enter the redirect URI", "Exactly as it stands here.", (REDIRECT,)),
            Step("Send these claims", "sub, email, email_verified and name; groups as a list of texts, if roles should follow them."),
            Step("Copy issuer, client ID and secret", "The issuer is the address in front of /.well-known/openid-configuration."),
        ),
    },
)  # fmt: skip

VENDORS = {each.name: each for each in (OKTA, ENTRA, GOOGLE, AUTH0, CLERK, KEYCLOAK, OTHER)}
