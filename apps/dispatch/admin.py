"""The operator's console: tickets, workers, quotas and dead letters, and what may be done to them.

It shows ids, counts and times, and whose a ticket is; nothing of what customers keep.
"""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.accounts.models import User
from apps.common.errors import DomainError
from apps.common.templatetags import look
from apps.dispatch import figures, operations
from apps.dispatch.forms import EndRunsForm, QuotasForm
from apps.dispatch.gate import limits_of
from apps.dispatch.models import DeadLetter, TenantLoad, Ticket, WorkerProcess
from apps.tenants.models import Tenant


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # not a generic at run time
    """A list to look at and to act on; its rows are made and removed by the product."""

    list_per_page = 25
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Head the list with what it lists."""
        title = str(self.opts.verbose_name_plural).capitalize()
        answer: HttpResponse = super().changelist_view(
            request, {"title": title, **(extra_context or {})}
        )
        return answer

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OfWorkspace(ReadOnly):
    """A list whose rows each belong to a workspace, by its role."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by the workspace's name or address, beside what the fields say."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if search_term:
            named = Q(name__icontains=search_term) | Q(slug__icontains=search_term)
            roles = list(Tenant.objects.filter(named).values_list("role_name", flat=True))
            found = found | queryset.filter(role__in=roles)
        return found, duplicates

    @admin.display(description="Workspace")
    def workspace(self, row: Any) -> SafeString | str:
        """Name and address of whose it is."""
        tenant = Tenant.objects.filter(role_name=row.role).first()
        if tenant is None:
            return look.NOTHING
        return format_html('{} <span class="quiet">{}</span>', tenant.name, tenant.slug)


class Condition(admin.SimpleListFilter):
    """Which tickets need somebody to look at them."""

    title = "condition"
    parameter_name = "condition"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("stuck", "Stuck"),
            ("attention", "Needs attention"),
            ("struck", "Its worker died"),
            ("due", "Due now"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        wanted = {
            "stuck": figures.stuck(),
            "attention": figures.attention(),
            "struck": Q(strikes__gt=0),
            "due": figures.due(),
        }
        chosen = wanted.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(chosen)


@admin.register(Ticket)
class TicketAdmin(OfWorkspace):
    """Every unfinished run, as far as dispatch knows it."""

    list_display = ("run", "workspace", "state", "age", "due", "carried_by", "strikes")
    list_filter = (Condition, "status")
    search_fields = ("id",)
    ordering = ("due_at",)
    actions = ("requeue", "end", "kill")
    fields = readonly_fields = (
        "id", "workspace", "state", "priority", "lane", "lane_cap", "carried_by", "lease_until",
        "due_at", "fence", "wake", "wanted", "strikes", "created_at",
    )  # fmt: skip

    @admin.display(description="Run", ordering="id")
    def run(self, ticket: Ticket) -> SafeString:
        """The id, which its people see in the run's address."""
        return format_html('<span class="mono">{}</span>', str(ticket.pk)[-12:])

    @admin.display(description="State", ordering="status")
    def state(self, ticket: Ticket) -> SafeString:
        """Where it is in its life, and whether that has gone on for too long."""
        if Ticket.objects.filter(figures.stuck(), pk=ticket.pk).exists():
            return format_html('<span class="pill bad">Stuck, {}</span>', ticket.status)
        if ticket.needs_attention and ticket.status == Ticket.Status.PAUSED:
            return format_html('<span class="pill warn">{}</span>', "Needs attention")
        colour = "ok" if ticket.status == Ticket.Status.RUNNING else ""
        return format_html('<span class="pill {}">{}</span>', colour, ticket.get_status_display())

    @admin.display(description="Age", ordering="created_at")
    def age(self, ticket: Ticket) -> SafeString | str:
        """Since when it exists."""
        return look.ago(ticket.created_at)

    @admin.display(description="Due", ordering="due_at")
    def due(self, ticket: Ticket) -> SafeString | str:
        """When it was to be taken up; what waits for a person or a time is not due."""
        waits = ticket.status in (Ticket.Status.WAITING, Ticket.Status.PAUSED)
        return look.NOTHING if waits else look.ago(ticket.due_at)

    @admin.display(description="Carried by", ordering="owner")
    def carried_by(self, ticket: Ticket) -> str:
        """The worker that has it."""
        return ticket.owner or look.NOTHING

    @admin.action(description="Requeue: have them looked at now")
    def requeue(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        """Ring for each that is not held back on purpose."""
        chosen = list(tickets.values_list("pk", flat=True))
        done = operations.requeue(chosen, actor=_actor(request))
        messages.success(request, f"{done} requeued.")
        if left := len(chosen) - done:
            messages.warning(request, f"{left} left alone: queued for their turn, or paused.")

    @admin.action(description="End: cancel them, with a reason")
    def end(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> HttpResponse | None:
        """Ask for the reason, then end each."""
        return self._end_all(request, tickets, at_once=False)

    @admin.action(description="Kill: end them at once, with a reason")
    def kill(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> HttpResponse | None:
        """Ask for the reason, then take each even from a worker that hangs."""
        return self._end_all(request, tickets, at_once=True)

    def _end_all(
        self, request: HttpRequest, tickets: QuerySet[Ticket], *, at_once: bool
    ) -> HttpResponse | None:
        form = EndRunsForm(request.POST if "reason" in request.POST else None)
        if not form.is_valid():
            verb = "Kill" if at_once else "End"
            context = {**self.admin_site.each_context(request), "title": f"{verb} runs",
                       "verb": verb, "at_once": at_once,
                       "form": form, "tickets": tickets, "opts": self.opts}  # fmt: skip
            return render(request, "admin/dispatch/ticket/end.html", context)
        for run_id in list(tickets.values_list("pk", flat=True)):
            self._end(request, run_id, form.reason_given, at_once=at_once)
        return None

    def _end(self, request: HttpRequest, run_id: UUID, reason: str, *, at_once: bool) -> None:
        try:
            operations.end_run(run_id, reason=reason, actor=_actor(request), at_once=at_once)
        except DomainError as error:
            messages.error(request, f"{str(run_id)[-12:]}: {error.detail}")
        else:
            messages.success(request, f"{str(run_id)[-12:]} {'ended' if at_once else 'ends'}.")


@admin.register(WorkerProcess)
class WorkerAdmin(ReadOnly):
    """The processes that carry runs."""

    list_display = ("name", "state", "load", "started", "heard")
    list_filter = ("wanted",)
    search_fields = ("host",)
    ordering = ("host", "pid")
    actions = ("drain", "undrain")
    fields = readonly_fields = ("id", "host", "pid", "state", "load", "started_at", "beat_at")

    @admin.display(description="Worker", ordering="host")
    def name(self, worker: WorkerProcess) -> SafeString:
        """Host and process."""
        return format_html('<span class="mono">{}</span>', worker)

    @admin.display(description="State")
    def state(self, worker: WorkerProcess) -> SafeString:
        """Up, draining, or silent."""
        if not WorkerProcess.objects.filter(figures.alive(), pk=worker.pk).exists():
            return format_html('<span class="pill bad">{}</span>', "Silent")
        if worker.wanted == WorkerProcess.Wish.DRAIN:
            word = "Draining" if worker.busy or not worker.is_draining else "Drained"
            return format_html('<span class="pill warn">{}</span>', word)
        return format_html('<span class="pill ok">{}</span>', "Up")

    @admin.display(description="Slots", ordering="busy")
    def load(self, worker: WorkerProcess) -> str:
        """How many of its slots carry a run."""
        return f"{worker.busy} of {worker.slots}"

    @admin.display(description="Started", ordering="started_at")
    def started(self, worker: WorkerProcess) -> SafeString | str:
        """When it became ready."""
        return look.ago(worker.started_at)

    @admin.display(description="Last beat", ordering="beat_at")
    def heard(self, worker: WorkerProcess) -> SafeString | str:
        """When it last told how it is."""
        return look.ago(worker.beat_at)

    @admin.action(description="Drain: nothing new, let go what they carry")
    def drain(self, request: HttpRequest, workers: QuerySet[WorkerProcess]) -> None:
        """Have each let go; it hears within a second."""
        for worker in workers:
            operations.drain(worker, actor=_actor(request))
        messages.success(request, f"{len(workers)} will drain.")

    @admin.action(description="Undrain: take up work again")
    def undrain(self, request: HttpRequest, workers: QuerySet[WorkerProcess]) -> None:
        """Have each work again."""
        for worker in workers:
            operations.undrain(worker, actor=_actor(request))
        messages.success(request, f"{len(workers)} will work again.")


@admin.register(TenantLoad)
class QuotaAdmin(OfWorkspace):
    """What each workspace may take up, and takes up now."""

    form = QuotasForm
    list_display = ("workspace", "state", "running", "queued", "weight")
    list_display_links = ("workspace",)
    search_fields = ("role",)
    ordering = ("role",)
    actions = ("pause", "unpause")
    fields = (
        "workspace",
        "state",
        "running",
        "queued",
        "max_running",
        "max_queued",
        "max_outside",
        "weight",
    )
    readonly_fields = ("workspace", "state", "running", "queued")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TenantLoad]:
        roles = Tenant.objects.values_list("role_name", flat=True)
        known = TenantLoad.objects.filter(role__in=roles).values_list("role", flat=True)
        missing = [TenantLoad(role=role) for role in set(roles) - set(known) if role]
        TenantLoad.objects.bulk_create(missing, ignore_conflicts=True)
        found: QuerySet[TenantLoad] = super().get_queryset(request).filter(role__in=roles)
        return found

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Head the page with the workspace, not with its role."""
        named = Tenant.objects.filter(role_name=unquote(object_id)).values_list("name", flat=True)
        title = {"subtitle": named.first() or "Quota", **(extra_context or {})}
        answer: HttpResponse = super().change_view(request, object_id, form_url, title)
        return answer

    def save_model(self, request: HttpRequest, obj: TenantLoad, form: Any, change: bool) -> None:
        """Change them by the service, which writes it down."""
        tenant = Tenant.objects.get(role_name=obj.role)
        quotas = operations.Quotas(obj.max_running, obj.max_queued, obj.weight, obj.max_outside)
        operations.set_quotas(tenant, quotas, actor=_actor(request))

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Leave it to the audit trail."""

    @admin.display(description="State", ordering="paused_at")
    def state(self, load: TenantLoad) -> SafeString:
        """Whether its runs are admitted."""
        if load.paused_at is not None:
            return format_html('<span class="pill warn">{}</span>', "Paused")
        return format_html('<span class="pill ok">{}</span>', "Open")

    @admin.display(description="Running")
    def running(self, load: TenantLoad) -> str:
        """How many of its runs go on, and how many may."""
        count = Ticket.objects.active().filter(role=load.role).count()
        return f"{count:,} of {limits_of(load).max_running:,}"

    @admin.display(description="Queued")
    def queued(self, load: TenantLoad) -> str:
        """How many of its runs wait for their turn, and how many may."""
        count = Ticket.objects.queued().filter(role=load.role).count()
        return f"{count:,} of {limits_of(load).max_queued:,}"

    @admin.action(description="Pause: admit nothing new, queue what comes")
    def pause(self, request: HttpRequest, loads: QuerySet[TenantLoad]) -> None:
        """Pause each by its service."""
        for tenant in _tenants(loads):
            operations.pause(tenant, actor=_actor(request))
        messages.success(request, f"{len(loads)} paused.")

    @admin.action(description="Resume")
    def unpause(self, request: HttpRequest, loads: QuerySet[TenantLoad]) -> None:
        """Let each go on by its service."""
        for tenant in _tenants(loads):
            operations.unpause(tenant, actor=_actor(request))
        messages.success(request, f"{len(loads)} resumed.")


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnly):
    """What was taken off the queue and could not be acted on; the newest thousand."""

    list_display = ("at", "reason", "task", "size", "worker")
    list_filter = ("reason",)
    search_fields = ("task", "worker")
    ordering = ("-at",)
    fields = readonly_fields = ("id", "at", "reason", "task", "size", "sample", "worker")


def _actor(request: HttpRequest) -> User:
    """Return who acts, as the trail names them: the request holds a lazy stand-in."""
    user: User = User.objects.get(pk=request.user.pk)
    return user


def _tenants(loads: QuerySet[TenantLoad]) -> list[Tenant]:
    return list(Tenant.objects.filter(role_name__in=list(loads.values_list("role", flat=True))))
