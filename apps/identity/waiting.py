"""Settings of a connection: entered at once where nobody signs in with it, else after a passed test."""

from collections.abc import Collection

from apps.accounts.models import User
from apps.audit.services import record
from apps.common.types import JSONDict
from apps.identity.models import Connection, SetupLink, TokenClient
from apps.identity.saml import certificates, watching
from apps.vault import services as vault

SETTINGS = frozenset(
    {"issuer", "client_id", "secret", "sso_url", "certificates", "metadata_url",
     "email_claim", "name_claim", "groups_claim"}
)  # fmt: skip


def put_by(connection: Connection, changes: JSONDict, *, actor: User | SetupLink) -> None:
    """Keep changes beside what people sign in with; what is as it was waits no more."""
    wanted = connection.waiting | {name: changes[name] for name in changes if name != "secret"}
    connection.waiting = {
        name: value for name, value in wanted.items() if value != getattr(connection, name)
    }
    if changes.get("secret"):
        sealed = vault.seal(changes["secret"], context=connection.seal_context)
        connection.sealed_waiting_secret = sealed
    connection.save(update_fields=["waiting", "sealed_waiting_secret", "updated_at"])
    before, after = _told(connection, changes), _told(connection.proposed, changes)
    record("connection.change_put_by", actor=actor, target=connection, before=before, after=after)


def take_over(connection: Connection, *, actor: User | SetupLink) -> None:
    """Let what waits count; where nothing does, nothing happens."""
    if not connection.is_waiting:
        return
    changes: JSONDict = dict(connection.waiting)
    if connection.sealed_waiting_secret:  # sealed as it was tested
        changes["sealed_secret"] = connection.sealed_waiting_secret
    connection.waiting, connection.sealed_waiting_secret = {}, ""
    write(connection, changes, actor=actor)


def write(connection: Connection, changes: JSONDict, *, actor: User | SetupLink) -> None:
    """Let settings count at once; another issuer's subjects are other people."""
    before, issuer = _told(connection, changes), connection.issuer
    for name, value in changes.items():
        setattr(connection, name, value)
    connection.save()
    after = _told(connection, changes)
    record("connection.changed", actor=actor, target=connection, before=before, after=after)
    if connection.issuer != issuer:
        _forget_people(connection, issuer, actor=actor)
    if connection.is_saml:
        watching.look_soon(connection)


def _forget_people(connection: Connection, issuer: str, *, actor: User | SetupLink) -> None:
    """Know nobody of before by their subject: elsewhere it may be somebody else's.

    People are found again as at a first sign-in, by an address that is vouched for.
    """
    clients = TokenClient.objects.filter(access__connection=connection)
    before = {"issuer": issuer, "people": connection.links.count(), "programs": clients.count()}
    if not before["people"] and not before["programs"]:
        return
    clients.retire()
    clients.delete()
    connection.links.all().delete()
    record("connection.people_forgotten", actor=actor, target=connection, before=before)


def _told(connection: Connection, names: Collection[str]) -> JSONDict:
    """Return settings for the trail; of a secret only whether there is one."""
    told: JSONDict = {name: getattr(connection, name) for name in names if "secret" not in name}
    if "certificates" in told:
        told["certificates"] = [
            each.fingerprint for each in certificates.known(told["certificates"])
        ]
    if len(told) < len(names):
        told["secret"] = bool(connection.sealed_secret)
    return told
