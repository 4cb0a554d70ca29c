"""What this server can do: ServiceProviderConfig, ResourceTypes and Schemas of RFC 7643."""

from apps.common.errors import NotFound
from apps.common.types import JSONDict
from apps.directory.scim.attributes import (
    RESOURCE_TYPES,
    SCHEMAS,
    Attribute,
    ResourceType,
    Schema,
)
from apps.directory.scim.endpoint import Answer, Call, endpoint
from apps.directory.scim.lists import MOST, Piece

CORE = "urn:ietf:params:scim:schemas:core:2.0"


def _config(call: Call) -> Answer:
    off: JSONDict = {"supported": False}
    scheme = {
        "type": "oauthbearertoken", "name": "Bearer token", "primary": True,
        "description": "A token of the directory, made on its page.",
    }  # fmt: skip
    body: JSONDict = {
        "schemas": [f"{CORE}:ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": off | {"maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": MOST},
        "changePassword": off,
        "sort": {"supported": True},
        "etag": {"supported": True},
        "authenticationSchemes": [scheme],
        "meta": {"resourceType": "ServiceProviderConfig", "location": call.url("/ServiceProviderConfig")},
    }  # fmt: skip
    return Answer("Read what this server can do.", body)


def _resource_types(call: Call) -> Answer:
    told = [_of_type(call, each) for each in RESOURCE_TYPES]
    return Answer("Read the kinds of resources.", Piece(len(told), 1, told).told(told))


def _resource_type(call: Call, name: str) -> Answer:
    found = next((each for each in RESOURCE_TYPES if each.name == name), None)
    if found is None:
        raise NotFound("There is no such kind of resources.")
    return Answer(f"Read what a {name} is.", _of_type(call, found))


def _schemas(call: Call) -> Answer:
    told = [_of_schema(call, each) for each in SCHEMAS]
    return Answer("Read the schemas.", Piece(len(told), 1, told).told(told))


def _schema(call: Call, urn: str) -> Answer:
    found = next((each for each in SCHEMAS if each.urn.lower() == urn.lower()), None)
    if found is None:
        raise NotFound("There is no such schema.")
    return Answer(f"Read the schema {found.name}.", _of_schema(call, found))


def _of_type(call: Call, resource: ResourceType) -> JSONDict:
    return {
        "schemas": [f"{CORE}:ResourceType"],
        "id": resource.name,
        "name": resource.name,
        "endpoint": resource.endpoint,
        "description": resource.about,
        "schema": resource.schema.urn,
        "schemaExtensions": [{"schema": each.urn, "required": False} for each in resource.extensions],
        "meta": {"resourceType": "ResourceType", "location": call.url(f"/ResourceTypes/{resource.name}")},
    }  # fmt: skip


def _of_schema(call: Call, schema: Schema) -> JSONDict:
    return {
        "schemas": [f"{CORE}:Schema"],
        "id": schema.urn,
        "name": schema.name,
        "description": schema.about,
        "attributes": [_of_attribute(each) for each in schema.attributes],
        "meta": {"resourceType": "Schema", "location": call.url(f"/Schemas/{schema.urn}")},
    }


def _of_attribute(attribute: Attribute) -> JSONDict:
    told: JSONDict = {
        "name": attribute.name,
        "type": attribute.kind,
        "multiValued": attribute.many,
        "description": attribute.about,
        "required": attribute.required,
        "caseExact": attribute.exact or attribute.kind == "reference",
        "mutability": "readOnly" if attribute.read_only else "readWrite",
        "returned": "default",
        "uniqueness": "server" if attribute.unique else "none",
    }
    if attribute.choices:
        told["canonicalValues"] = list(attribute.choices)
    if attribute.kind == "reference":
        told["referenceTypes"] = ["User", "Group"]
    if attribute.subs:
        told["subAttributes"] = [_of_attribute(each) for each in attribute.subs]
    return told


config = endpoint(GET=_config)
resource_types = endpoint(GET=_resource_types)
resource_type = endpoint(GET=_resource_type)
schemas = endpoint(GET=_schemas)
schema = endpoint(GET=_schema)
