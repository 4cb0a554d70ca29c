"""Pages of what people were told, of what is mailed to them, and of the mails on their way."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, member_required, permission_required
from apps.common.errors import Conflict
from apps.common.navigation import bounded
from apps.common.pagination import page_of
from apps.notifications import kinds, services
from apps.notifications.forms import MailForm
from apps.notifications.models import Mail, Notification

PAGE_SIZE = 30
TABS = ("unread", "all")


@require_GET
@member_required
def list_notifications(request: AuthenticatedRequest) -> HttpResponse:
    """Show what one was told, the newest first."""
    own = policies.visible(request.user, Notification.objects.all())
    tab = request.GET.get("show", "unread")
    tab = tab if tab in TABS else "unread"
    filters = {name: request.GET.get(name, "").strip() for name in ("q", "kind")}
    kept = own.unread() if tab == "unread" else own
    found = kept.matching(text=filters["q"], kind=filters["kind"]).order_by("-created_at", "-id")
    context = {
        "page": page_of(request, found, PAGE_SIZE),
        "tab": tab,
        "filters": filters,
        "is_filtered": any(filters.values()),
        "counts": {"unread": bounded(own.unread()), "all": bounded(own)},
        "kinds": [(kind.name, kind.label) for kind in kinds.every()],
        "may_see_mails": policies.holds(request.user, "member.manage"),
    }
    return render(request, "notifications/list.html", context)


@require_POST
@member_required
def open_notification(request: AuthenticatedRequest, notification_id: UUID) -> HttpResponse:
    """Note that it was looked at, and go where it leads."""
    found = policies.find(request.user, Notification.objects.all(), pk=notification_id)
    services.mark_read(found)
    leads_here = url_has_allowed_host_and_scheme(found.path, allowed_hosts=None)
    return redirect(found.path if found.path and leads_here else "notifications:list")


@require_POST
@member_required
def read_all(request: AuthenticatedRequest) -> HttpResponse:
    """Note that everything was looked at."""
    count = services.mark_all_read(request.user)
    messages.success(request, f"{count} marked as read." if count else "Nothing was unread.")
    return redirect("notifications:list")


@require_http_methods(["GET", "POST"])
@member_required
def preferences(request: AuthenticatedRequest) -> HttpResponse:
    """Show and choose what is mailed to oneself."""
    form = MailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.choose_mails(request.user, form.cleaned_data["mailed"])
        messages.success(request, "Saved.")
        return redirect("notifications:preferences")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"kinds": kinds.mailed(), "mailed": services.mailed_kinds(request.user), "form": form}
    return render(request, "notifications/preferences.html", context, status=status)


@require_GET
@permission_required("member.manage")
def mails(request: AuthenticatedRequest) -> HttpResponse:
    """Show the outbox: what went out, what waits, what was given up and why."""
    filters = {name: request.GET.get(name, "").strip() for name in ("q", "status")}
    everything = policies.visible(request.user, Mail.objects.all())
    known = filters["status"] if filters["status"] in Mail.Status.values else ""
    found = everything.matching(text=filters["q"], status=known).order_by("-created_at", "-id")
    context = {
        "page": page_of(request, found, PAGE_SIZE),
        "filters": filters,
        "is_filtered": any(filters.values()),
        "statuses": Mail.Status.choices,
        "dead": everything.filter(status=Mail.Status.DEAD).count(),
    }
    return render(request, "notifications/mails.html", context)


@require_POST
@permission_required("member.manage")
def send_again(request: AuthenticatedRequest, mail_id: UUID) -> HttpResponse:
    """Try a mail anew that was given up."""
    mail = policies.find(request.user, Mail.objects.all(), pk=mail_id)
    try:
        services.send_again(mail, actor=request.user)
        messages.success(request, f"The mail to {mail.recipient} is on its way again.")
    except Conflict as error:
        messages.error(request, error.detail)
    return redirect("notifications:mails")
