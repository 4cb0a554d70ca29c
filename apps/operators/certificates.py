"""The certificate of a deletion: what was deleted, in words that a program can check too."""

import hashlib
import json

from apps.common.types import JSONDict
from apps.operators.models import Deletion
from apps.tenants.context import public_scope
from apps.vault.signing import Signatures

CONTEXT = "certificate of deletion"
VERSION = 1


def certify(deletion: Deletion) -> tuple[JSONDict, str]:
    """Return the certificate of a deletion that is carried out, with the platform's signature."""
    told: JSONDict = {
        "certificate": "deletion of a workspace",
        "version": VERSION,
        "id": str(deletion.pk),
        "workspace": {
            "id": str(deletion.workspace),
            "slug": deletion.slug,
            "name": deletion.name,
            "schema": deletion.schema_name,
            "database_role": deletion.role_name,
        },
        "asked": {
            "by": deletion.asked_by,
            "at": deletion.created_at.isoformat(),
            "reason": deletion.reason,
        },
        "begun_at": deletion.started_at.isoformat() if deletion.started_at else None,
        "finished_at": deletion.finished_at.isoformat() if deletion.finished_at else None,
        "destroyed_keys": deletion.keys,
        "deleted": deletion.found,
        "found_afterwards": {"shared_rows": 0, "files": 0, "redis_keys": 0, "database_roles": 0},
    }
    told["sha256"] = hashlib.sha256(_text(told)).hexdigest()
    with public_scope():
        return told, Signatures(CONTEXT).sign(_text(told))


def is_genuine(deletion: Deletion) -> bool:
    """Tell whether a certificate is as it was signed, and fits its own hash."""
    told = deletion.certificate
    if told is None:
        return False
    bare = {name: value for name, value in told.items() if name != "sha256"}
    fits_hash = told.get("sha256") == hashlib.sha256(_text(bare)).hexdigest()
    with public_scope():
        return fits_hash and Signatures(CONTEXT).fits(_text(told), deletion.signature)


def _text(told: JSONDict) -> bytes:
    """Return the one text of a certificate, however a database keeps it."""
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
