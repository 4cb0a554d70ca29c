"""The attributes that are kept: what the schemas tell, and what bodies are read by.

Names are matched in any case. What stands in no table is not kept: clients send more than anybody
needs. What is ours to set is passed over where a whole resource is sent.
"""

from dataclasses import dataclass

CORE_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
CORE_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE_USER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@dataclass(frozen=True)
class Attribute:
    """One attribute of a schema, as RFC 7643 describes attributes."""

    name: str
    about: str
    kind: str = "string"
    subs: tuple["Attribute", ...] = ()
    many: bool = False
    required: bool = False
    exact: bool = False
    read_only: bool = False
    unique: bool = False
    longest: int = 255
    choices: tuple[str, ...] = ()

    def sub(self, name: str) -> "Attribute | None":
        """Return the sub-attribute of a name."""
        return next((each for each in self.subs if each.name.lower() == name.lower()), None)


@dataclass(frozen=True)
class Schema:
    """A schema: its attributes by name."""

    urn: str
    name: str
    about: str
    attributes: tuple[Attribute, ...]

    def attribute(self, name: str) -> Attribute | None:
        """Return the attribute of a name."""
        return next((each for each in self.attributes if each.name.lower() == name.lower()), None)


@dataclass(frozen=True)
class ResourceType:
    """A kind of resources: its schema, and those that extend it."""

    name: str
    endpoint: str
    about: str
    schema: Schema
    extensions: tuple[Schema, ...] = ()

    def extension(self, urn: str) -> Schema | None:
        """Return the extension of a name."""
        return next((each for each in self.extensions if each.urn.lower() == urn.lower()), None)


def _reference(to: str) -> Attribute:
    return Attribute("$ref", f"Address of the {to}.", "reference", read_only=True)


NAME = Attribute(
    "name", "The parts of the person's name.", "complex",
    (
        Attribute("formatted", "The whole name."),
        Attribute("familyName", "The family name."),
        Attribute("givenName", "The given name."),
    ),
)  # fmt: skip
EMAILS = Attribute(
    "emails", "Addresses of the person. The primary one, else that of the type work, is theirs here.", "complex",
    (
        Attribute("value", "The address.", longest=254),
        Attribute("type", "What it is for.", longest=40),
        Attribute("primary", "Whether it is the one to use.", "boolean"),
        Attribute("display", "How it is shown."),
    ),
    many=True,
)  # fmt: skip
GROUPS = Attribute(
    "groups", "The groups that the directory keeps the person in.", "complex",
    (
        Attribute("value", "The group's id.", read_only=True),
        _reference("group"),
        Attribute("display", "The group's name.", read_only=True),
        Attribute("type", "How the person is in it.", read_only=True, choices=("direct",)),
    ),
    many=True, read_only=True,
)  # fmt: skip
USER_SCHEMA = Schema(
    CORE_USER, "User", "A person of the workspace",
    (
        Attribute("userName", "What the directory calls the person; unique in it.", required=True, unique=True),
        NAME,
        Attribute("displayName", "The name that is shown.", longest=120),
        Attribute("title", "What the person does."),
        Attribute("active", "Whether the person may sign in.", "boolean"),
        EMAILS,
        GROUPS,
    ),
)  # fmt: skip
ENTERPRISE_SCHEMA = Schema(
    ENTERPRISE_USER, "EnterpriseUser", "Where a person is in the company",
    (
        Attribute("employeeNumber", "The company's number of the person."),
        Attribute("costCenter", "The cost center."),
        Attribute("organization", "The organization."),
        Attribute("division", "The division."),
        Attribute("department", "The department."),
    ),
)  # fmt: skip
GROUP_SCHEMA = Schema(
    CORE_GROUP, "Group", "People who get roles together",
    (
        Attribute("displayName", "The name of the group.", required=True, unique=True, longest=250),
        Attribute(
            "members", "The people in the group.", "complex",
            (
                Attribute("value", "The person's id.", required=True, exact=True, longest=64),
                _reference("person"),
                Attribute("display", "The person's name.", read_only=True),
                Attribute("type", "What the member is.", choices=("User",), longest=40),
            ),
            many=True,
        ),
    ),
)  # fmt: skip
# Of every resource; no schema lists them.
EXTERNAL_ID = Attribute("externalId", "The directory's own id of it.", exact=True)
OURS = frozenset({"id", "meta", "schemas"})

USER = ResourceType("User", "/Users", "People of the workspace", USER_SCHEMA, (ENTERPRISE_SCHEMA,))
GROUP = ResourceType("Group", "/Groups", "Groups of people", GROUP_SCHEMA)
RESOURCE_TYPES = (USER, GROUP)
SCHEMAS = (USER_SCHEMA, ENTERPRISE_SCHEMA, GROUP_SCHEMA)


def top_attribute(resource: ResourceType, name: str) -> Attribute | None:
    """Return an attribute of the resource itself."""
    if name.lower() == EXTERNAL_ID.name.lower():
        return EXTERNAL_ID
    return resource.schema.attribute(name)
