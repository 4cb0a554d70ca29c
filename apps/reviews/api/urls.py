"""Routes of reviews."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.reviews.api import views

router = SimpleRouter(use_regex_path=False)
router.register("reviews", views.ReviewViewSet, basename="review")
router.register("review-rules", views.RuleViewSet, basename="review-rule")

of_workflow = views.WorkflowReviewView.as_view({"get": "retrieve", "post": "create"})
urlpatterns = [
    path("workflows/<uuid:pk>/review/", of_workflow, name="workflow-review"),
    path(
        "reviews/<uuid:pk>/contributions/",
        views.ReviewContributionsView.as_view({"get": "retrieve"}),
        name="review-contributions",
    ),
    path(
        "reviews/<uuid:pk>/withdraw/",
        views.WithdrawalView.as_view({"post": "create"}),
        name="review-withdraw",
    ),
    *router.urls,
]
