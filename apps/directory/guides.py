"""How provisioning is set up in each provider, in its own words, with the values to copy."""

from dataclasses import dataclass

from apps.identity.vendor_pages import SCIM, Page, page_of
from apps.identity.vendors import Step

ADDRESS = "SCIM address"
MADE_HERE = "It is made here, under Tokens, and shown once."


@dataclass(frozen=True)
class Guide:
    """The steps in one provider, and what to know of how it works."""

    name: str
    label: str
    steps: tuple[Step, ...]
    note: str = ""

    @property
    def page(self) -> Page | None:
        """The provider's own page about it."""
        return page_of(self.name, SCIM)


OKTA = Guide(
    "okta", "Okta",
    (
        Step("Allow provisioning in the app", "Applications, the app of this workspace, General, App Settings: Provisioning SCIM."),
        Step("Enter the address", "Provisioning, Integration, SCIM connector base URL. Unique identifier field: userName.", (ADDRESS,)),
        Step("Choose what is pushed", "Push New Users, Push Profile Updates, Push Groups. Import stays off: people come from Okta."),
        Step("Enter the token", f"Authentication Mode HTTP Header, Authorization Bearer. Then Test Connector Configuration. {MADE_HERE}"),
        Step("Allow what it may do", "To App: Create Users, Update User Attributes, Deactivate Users."),
        Step("Push the groups", "Push Groups, by name or by rule: the groups that have roles here."),
    ),
    note="Okta deactivates people and never deletes them: who left stays listed here, suspended. It offers SCIM for apps made with SAML, not for those made with OpenID Connect.",
)  # fmt: skip
ENTRA = Guide(
    "entra", "Microsoft Entra ID",
    (
        Step("Open provisioning", "Enterprise applications, the application, Provisioning: mode Automatic."),
        Step("Enter the address", "Admin Credentials, Tenant URL. The ending ?aadOptscim062020 is welcome and not needed.", (ADDRESS,)),
        Step("Enter the token", f"Secret Token. Then Test Connection. {MADE_HERE}"),
        Step("Look at the mappings", "Users: userPrincipalName to userName, mail to emails[type eq \"work\"].value, and Switch([IsSoftDeleted], ...) to active. Groups: displayName and members."),
        Step("Choose who comes", "Settings, Scope: Sync only assigned users and groups; assign them under Users and groups."),
        Step("Start it", "Provisioning Status On. Entra ID looks every 40 minutes; Provision on demand does it at once."),
    ),
    note="Rules may name a group by its name or by its object ID. Groups inside of groups are not sent by Entra ID: assign each.",
)  # fmt: skip
ONELOGIN = Guide(
    "onelogin", "OneLogin",
    (
        Step("Add the app", "Applications, Add App: SCIM Provisioner with SAML (SCIM v2 Enterprise), or the one that people sign in with."),
        Step("Enter the address", "Configuration, SCIM Base URL.", (ADDRESS,)),
        Step("Enter the token", f"SCIM Bearer Token. API Connection: Enable. {MADE_HERE}"),
        Step("Switch provisioning on", "Provisioning, Enable provisioning. When users are deleted: Suspend or Delete, both are understood."),
        Step("Send groups", "Parameters, Groups: Include in User Provisioning. Rules set them from roles or from the directory."),
    ),
    note="Actions wait for approval as long as Require admin approval is ticked.",
)  # fmt: skip
JUMPCLOUD = Guide(
    "jumpcloud", "JumpCloud",
    (
        Step("Open the application", "SSO Applications, the application, Identity Management: API type SCIM API, SCIM version 2.0."),
        Step("Enter the address", "Base URL.", (ADDRESS,)),
        Step("Enter the token", f"Token Key. Test User Email: an address of a proved domain. Then Test Connection. {MADE_HERE}"),
        Step("Send groups", "Enable management of User Groups and Group Membership in this application."),
        Step("Activate it", "Activate, then bind the user groups that shall come."),
    ),
    note="The test makes somebody and removes them again: switch the directory on here first.",
)  # fmt: skip
OTHER = Guide(
    "other", "Another provider",
    (
        Step("Enter the address", "SCIM 2.0; the resources are below it as /Users and /Groups.", (ADDRESS,)),
        Step("Enter the token", f"OAuth bearer token, in the Authorization header. {MADE_HERE}"),
        Step("Map the attributes", "userName, displayName or name, emails, active. Of several addresses the primary one counts, else that of the type work."),
        Step("Push people first, then groups", "A group can hold people whom the directory keeps here."),
    ),
)  # fmt: skip

GUIDES = {each.name: each for each in (OKTA, ENTRA, ONELOGIN, JUMPCLOUD, OTHER)}


def guide_of(vendor: str, chosen: str = "") -> Guide:
    """Return the guide that is asked for, else that of the provider."""
    return GUIDES.get(chosen) or GUIDES.get(vendor) or OTHER
