"""Who has what when the pack is written, and what is asked of their sign-ins."""

from typing import Any
from uuid import UUID

from django.db.models import Count

from apps.access.holders import describe, everyone, rows
from apps.accounts.models import Folder, Group, Role, SignInRules, User
from apps.common.types import JSONDict
from apps.evidence.models import Pack
from apps.evidence.sections.shape import Member, as_json, as_lines, once
from apps.identity.models import BreakGlass, Connection, Domain

PIECE = 500  # holders in memory, and in a file


def people(pack: Pack, cursor: JSONDict) -> Member | None:
    """Return some people and programs with all that they hold."""
    after, number = UUID(cursor.get("after", str(UUID(int=0)))), cursor.get("file", 0)
    found = everyone().with_roles().with_second_factor().filter(pk__gt=after).order_by("pk")
    users = list(found[:PIECE])
    if not users:
        return None
    lines = [line for holder in describe(users) for line in rows(holder)]
    place = {"after": str(users[-1].pk), "file": number + 1}
    return Member(f"access/people-{number + 1:05}.jsonl", as_lines(lines), place)


def _roles(pack: Pack) -> bytes:
    """Return roles with what they allow, groups with what they hold, and folders."""
    groups = Group.objects.counted().order_by("name")
    return as_json(
        {
            "as_of": pack.started_at,
            "roles": [
                {"name": role.name, "label": role.label, "builtin": role.builtin, "permissions": sorted(role.allowed)}
                for role in Role.objects.order_by("name")
            ],
            "groups": [_group(group) for group in groups],
            "folders": list(Folder.objects.order_by("path").values("id", "name", "path")),
        }
    )  # fmt: skip


def _group(group: Any) -> JSONDict:
    held = [
        {"role": each.role.name, "folder": each.folder and str(each.folder.pk)}
        for each in group.role_bindings.all()
    ]
    return {
        "id": group.pk, "name": group.name, "people": group.size,
        "kept_by_a_directory": bool(group.external_id), "holds": held,
    }  # fmt: skip


def _sign_in(pack: Pack) -> bytes:
    """Return what is asked of sign-ins: sessions, second factors, companies' providers."""
    rules = SignInRules.objects.first() or SignInRules()
    members = User.objects.members().filter(is_active=True)
    return as_json(
        {
            "as_of": pack.started_at,
            "sessions": {
                "ends_unused_after": rules.idle, "ends_after": rules.longest,
                "of_one_person_at_once": rules.most_sessions, "let_in_from": rules.networks,
            },
            "second_factor": {
                "asked_of": rules.factor_for, "roles": rules.factor_roles,
                "grace": rules.factor_grace, "since": rules.factor_since,
                "people": members.count(),
                "people_with_one": members.with_second_factor(wanted=True).count(),
            },
            "providers": list(
                Connection.objects.order_by("name").values("name", "vendor", "protocol", "status", "issuer")
            ),
            "domains": list(
                Domain.objects.order_by("name").values("name", "verified_at", "enforced", "connection__name")
            ),
            "may_still_use_a_password": BreakGlass.objects.count(),
            "people_by_kind": list(
                User.objects.filter(removed_at=None).order_by("kind").values("kind", "is_active").annotate(count=Count("pk"))
            ),
        }
    )  # fmt: skip


roles = once("access/roles.json", _roles)
sign_in = once("access/sign-in.json", _sign_in)
