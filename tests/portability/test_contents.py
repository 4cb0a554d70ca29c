"""Every table of a workspace is in an archive, or is left out for a reason."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import ForeignKey, Model

from apps.files.models import Blob
from apps.portability.contents import KEPT, LEFT_OUT, SECRETS, kind_named
from apps.portability.kinds import Kept
from apps.portability.taking.arrival import LATER

SECRET = re.compile(r"password|secret|sealed|hash|token|seed|^data$|private")
# Fields whose name sounds like a secret, and what they are.
HARMLESS = {
    "audit.Link.hash": "of an entry, which is in the archive too",
    "portability.FormerLink.hash": "of an entry that came in, which is in the archive too",
    "accounts.SignInRules.factor_since": "a time",
    "gateway.LlmCall.input_tokens": "a number",
    "workflows.WorkflowUpdate.data": "a change of a draft",
    "runs.RunEvent.data": "what happened",
}


def tenant_models() -> Iterator[type[Model]]:
    """Yield every model that has a table in each workspace."""
    for config in apps.get_app_configs():
        if config.name in settings.TENANT_APPS:
            yield from config.get_models(include_auto_created=True)


def test_every_table_is_in_it_or_left_out_for_a_reason() -> None:
    named = [*(each.label for each in KEPT), *(each.label for each in LEFT_OUT)]
    assert sorted(named) == sorted(model._meta.label for model in tenant_models())
    assert all(len(each.why) > 10 for each in LEFT_OUT)
    assert all(each.comes for each in KEPT)
    assert len({each.name for each in KEPT}) == len(KEPT)


@pytest.mark.parametrize("kind", KEPT, ids=lambda kind: kind.name)
def test_no_field_of_it_is_a_secret(kind: Kept) -> None:
    written = {field.name for field in kind.fields}
    assert set(kind.without) <= {f.name for f in kind.model._meta.concrete_fields}
    suspect = {
        name
        for name in written
        if SECRET.search(name)
        and not name.endswith("tokens")
        and not name.startswith("tokens")
        and f"{kind.label}.{name}" not in HARMLESS
        and not name.endswith("sha256")
    }
    assert not suspect


def test_no_sealed_column_is_written() -> None:
    from apps.vault.resealing import SealedColumn, _tenants

    for sealed in _tenants:
        if isinstance(sealed, SealedColumn):
            kind = next((k for k in KEPT if k.model is sealed.model), None)
            assert kind is None or sealed.column in kind.without, sealed.place


@pytest.mark.parametrize("kind", KEPT, ids=lambda kind: kind.name)
def test_what_it_refers_to_is_in_it_too(kind: Kept) -> None:
    kept = {each.model for each in KEPT}
    for field in kind.fields:
        if isinstance(field, ForeignKey):
            assert field.remote_field.model in kept, f"{kind.name}.{field.name}"


def test_what_comes_in_refers_to_what_came_before_it() -> None:
    """Rows come in kind after kind: what a later one brings is set at the end."""
    there = set[type[Model]]()
    for kind in KEPT:
        if not kind.taken_in:
            continue
        for field in kind.fields:
            if isinstance(field, ForeignKey) and (kind.name, field.name) not in LATER:
                assert field.remote_field.model in there, f"{kind.name}.{field.name}"
        there.add(kind.model)


def test_stored_bytes_are_all_of_what_is_referred_to() -> None:
    referring = {kind.name for kind in KEPT if kind.blob_fields}
    assert {"workflow_images", "runs", "run_steps"} <= referring
    assert kind_named("files") is not None
    assert next(each for each in KEPT if each.name == "files").model is Blob


def test_each_secret_belongs_to_a_kind_that_leaves_it_out() -> None:
    for secret in SECRETS:
        kind = kind_named(secret.name)
        assert kind is not None
        assert secret.column in kind.without
        assert kind.model is secret.model


def test_the_page_of_the_format_describes_each_kind() -> None:
    page = (settings.BASE_DIR / "docs" / "workspace-archive.md").read_text()
    for kind in KEPT:
        without = ", ".join(f"`{name}`" for name in kind.without) or "-"
        assert f"| `{kind.name}` | `{kind.label}` | {without} | {kind.comes} |" in page, kind.name
    for each in LEFT_OUT:
        assert f"| `{each.label}` | {each.why} |" in page, each.label
