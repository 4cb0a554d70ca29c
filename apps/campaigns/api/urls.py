"""Routes of access reviews."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.campaigns.api import export, views

router = SimpleRouter(use_regex_path=False)
router.register("campaigns", views.CampaignViewSet, basename="campaign")
router.register("campaign-items", views.ItemViewSet, basename="campaign-item")
router.register("campaign-series", views.SeriesViewSet, basename="campaign-series")

urlpatterns = [
    path(
        "campaigns/<uuid:pk>/items/",
        views.CampaignItemsView.as_view({"get": "list"}),
        name="campaign-items",
    ),
    path(
        "campaigns/<uuid:pk>/sign/",
        views.SignView.as_view({"post": "create"}),
        name="campaign-sign",
    ),
    path(
        "campaigns/<uuid:pk>/cancel/",
        views.CancelView.as_view({"post": "create"}),
        name="campaign-cancel",
    ),
    path(
        "campaigns/<uuid:pk>/hand-on/",
        views.HandOnView.as_view({"post": "create"}),
        name="campaign-hand-on",
    ),
    path(
        "campaigns/<uuid:pk>/keep/",
        views.KeepView.as_view({"post": "create"}),
        name="campaign-keep",
    ),
    path("campaigns/<uuid:pk>/export/", export.ExportView.as_view(), name="campaign-export"),
    path(
        "campaign-items/<uuid:pk>/settle/",
        views.SettleView.as_view({"post": "create"}),
        name="campaign-item-settle",
    ),
    *router.urls,
]
