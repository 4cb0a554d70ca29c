"""The end of a pack: an index by what files show, how to check it, the manifest and its signature."""

from apps.common.types import JSONDict
from apps.evidence import mapping
from apps.evidence.models import Pack
from apps.evidence.sections.shape import as_json, once
from apps.tenants.context import current_tenant
from apps.vault.signing import Signatures

CONTEXT = "evidence pack"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig.json"
FORMAT = 1
README = """# Evidence of {workspace}

From {since} until {until}, written {at} and asked for by {by}.

`index.json` says which file shows what, by criteria of SOC 2 and by safeguards of HIPAA. What is said
of access, sign-ins, keys and rules is as of the time of writing; everything else is of the period.

## Checking it

With the product, at the installation that wrote it:

    python manage.py verify_evidence {name}

It compares every file with the manifest, the manifest with its signature and that with the workspace's
keys, and follows the chain of the audit trail from line to line.

Without it: `manifest.json` holds size and SHA-256 of each file. `manifest.sig.json` holds an Ed25519
signature (after the last dot, base64url) of the text `manifest.json sha256 <its hash>`, and the public key; compare that
key with the one that the workspace's administrators tell you. A line of `audit/` holds
what was hashed: SHA-256 over the JSON of `[number, before, entry]`, with sorted keys, no spaces and all
that is not ASCII escaped, is its `hash`, and the `before` of the next line.
"""


def _index(pack: Pack) -> bytes:
    """Return the files by what they show, and the other way round."""
    files, criteria = list[JSONDict](), dict[str, list[str]]()
    for name in pack.parts.order_by("number").values_list("name", flat=True):
        shows = mapping.of(name)
        if shows is None:
            continue
        told = {"soc2": list(shows.soc2), "hipaa": list(shows.hipaa)}
        files.append({"file": name, "about": shows.about, **told})
        for each in (*(f"SOC 2 {each}" for each in shows.soc2), *(f"HIPAA {each}" for each in shows.hipaa)):  # fmt: skip
            criteria.setdefault(each, []).append(name)
    return as_json({"files": files, "shown_by": dict(sorted(criteria.items()))})


def _readme(pack: Pack) -> bytes:
    text = README.format(
        workspace=current_tenant().name, since=f"{pack.since:%Y-%m-%d %H:%M} UTC",
        until=f"{pack.until:%Y-%m-%d %H:%M} UTC", at=f"{pack.started_at:%Y-%m-%d %H:%M} UTC",
        by=pack.asked_by or "a former member", name=pack,
    )  # fmt: skip
    return text.encode()


def _manifest(pack: Pack) -> bytes:
    """Return what files there are, with their hashes."""
    parts = pack.parts.order_by("number").values("name", "size", "sha256")
    told = {
        "format": FORMAT,
        "workspace": current_tenant().slug,
        "pack": pack.pk,
        "period": {"since": pack.since, "until": pack.until},
        "started_at": pack.started_at,
        "asked_by": str(pack.asked_by or ""),
        "entries": pack.done,
        "trail_holds": not pack.wrong,
        "files": list(parts),
    }
    return as_json(told)


def _signature(pack: Pack) -> bytes:
    """Return the signature of the manifest, and what checks it."""
    message = signed(pack.parts.get(name=MANIFEST).sha256)
    signatures = Signatures(CONTEXT)
    signature = signatures.sign(message)
    return as_json(
        {
            "signs": message.decode(),
            "signature": signature,
            "public_key": signatures.public(signature),
        }
    )


def signed(digest: str) -> bytes:
    """Return what is signed of a manifest."""
    return f"{MANIFEST} sha256 {digest}".encode()


index = once("index.json", _index)
readme = once("README.md", _readme)
manifest = once(MANIFEST, _manifest)
signature = once(SIGNATURE, _signature)
