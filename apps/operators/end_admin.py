"""Deletions of workspaces in the staff's console, with the certificates that prove them."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.common.errors import DomainError
from apps.common.templatetags import look
from apps.files.sending import as_attachment
from apps.operators import ends
from apps.operators.certificates import is_genuine
from apps.operators.console import Console, actor_of
from apps.operators.deleting import STEPS
from apps.operators.forms import DeletionForm
from apps.operators.models import Deletion

PILLS = {"scheduled": "warn", "running": "warn", "done": "ok", "cancelled": ""}


@admin.register(Deletion)
class DeletionAdmin(Console):
    """Workspaces that end or ended; a certificate is kept for ever."""

    form = DeletionForm
    list_display = ("name", "slug", "progress", "asked_by", "due", "ended", "proof")
    list_filter = ("state",)
    search_fields = ("name", "slug", "asked_by")
    ordering = ("-created_at",)
    actions = ("cancel",)
    asked = ("slug", "reason", "grace_days")
    proof_asked = True
    shown = (
        "name", "slug", "progress", "asked_by", "reason", "created_at", "due_at", "started_at",
        "finished_at", "slug_free_at", "trouble", "proof",
    )  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        """Add the file of a certificate."""
        page = self.admin_site.admin_view(self.certificate)
        own = path("<uuid:pk>/certificate/", page, name="operators_deletion_certificate")
        return [own, *super().get_urls()]

    def save_form(self, request: HttpRequest, form: ModelForm, change: bool) -> Deletion:  # type: ignore[type-arg]
        """Schedule it by the service."""
        assert isinstance(form, DeletionForm)
        form.save_m2m = lambda: None  # type: ignore[method-assign]
        asker = ends.Asker.staff(actor_of(request))
        return ends.schedule(
            form.found, asker=asker, reason=form.cleaned_data["reason"], grace=form.grace
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Leave it to the service, which has scheduled it."""

    def certificate(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Send the certificate of a deletion that is over, as a file."""
        deletion = get_object_or_404(Deletion.objects.exclude(certificate=None), pk=pk)
        told = {"certificate": deletion.certificate, "signature": deletion.signature}
        text = json.dumps(told, indent=2, ensure_ascii=False)
        answer = HttpResponse(text, content_type="application/json")
        name = f"deletion-{deletion.slug}-{deletion.finished_at:%Y-%m-%d}.json"
        return as_attachment(answer, name)

    @admin.display(description="State", ordering="state")
    def progress(self, deletion: Deletion) -> SafeString:
        """Where it is."""
        word = deletion.get_state_display()
        if deletion.state == Deletion.State.RUNNING:
            word = f"Step {min(deletion.step + 1, len(STEPS))} of {len(STEPS)}"
        colour = "bad" if deletion.trouble else PILLS[deletion.state]
        return format_html('<span class="pill {}">{}</span>', colour, word)

    @admin.display(description="Due", ordering="due_at")
    def due(self, deletion: Deletion) -> SafeString | str:
        """When it begins, as long as it can be taken back."""
        waits = deletion.state == Deletion.State.SCHEDULED
        return f"{deletion.due_at:%-d %b %Y, %H:%M}" if waits else look.NOTHING

    @admin.display(description="Over", ordering="finished_at")
    def ended(self, deletion: Deletion) -> SafeString | str:
        """When the last of it was gone."""
        return look.ago(deletion.finished_at)

    @admin.display(description="Certificate")
    def proof(self, deletion: Deletion) -> SafeString | str:
        """Where its certificate is, and whether that is as it was signed."""
        if deletion.certificate is None:
            return look.NOTHING
        if not is_genuine(deletion):
            return format_html('<span class="pill bad">{}</span>', "Altered")
        address = reverse("admin:operators_deletion_certificate", args=[deletion.pk])
        return format_html('<a href="{}">Download</a>', address)

    @admin.action(description="Cancel: the workspaces stay as they are")
    def cancel(self, request: HttpRequest, deletions: QuerySet[Deletion]) -> None:
        """Take each back that has not begun."""
        asker = ends.Asker.staff(actor_of(request))
        for deletion in deletions:
            try:
                ends.cancel(deletion, asker=asker)
            except DomainError as error:
                messages.error(request, f"{deletion}: {error.detail}")
            else:
                messages.success(request, f"{deletion} stays.")
