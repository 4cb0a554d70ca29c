"""Addresses of access reviews."""

from django.urls import path

from apps.campaigns import export_views, item_views, views

app_name = "campaigns"
urlpatterns = [
    path("", views.list_, name="list"),
    path("new/", views.new, name="new"),
    path("<uuid:campaign_id>/", views.detail, name="detail"),
    path("<uuid:campaign_id>/keep/", views.keep, name="keep"),
    path("<uuid:campaign_id>/hand-on/", views.hand_on, name="hand_on"),
    path("<uuid:campaign_id>/sign/", views.sign, name="sign"),
    path("<uuid:campaign_id>/cancel/", views.cancel, name="cancel"),
    path("<uuid:campaign_id>/export/", export_views.export, name="export"),
    path("rights/<uuid:item_id>/", item_views.item, name="item"),
    path("rights/<uuid:item_id>/decide/", item_views.decide, name="decide"),
    path("rights/<uuid:item_id>/settle/", item_views.settle, name="settle"),
    path("series/<uuid:series_id>/<slug:action>/", item_views.act_on_series, name="act_on_series"),
]
