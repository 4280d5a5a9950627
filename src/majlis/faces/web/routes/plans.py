"""The addresses of plans and of a member's own subscription."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from majlis.faces.web import navigation
from majlis.faces.web.navigation import Place
from majlis.faces.web.views import membership, membership_there, plans

urlpatterns = [
    path("plans/", plans.show, name="plans"),
    path("plans/invitation/<str:secret>/", plans.invitation, name="plan_invitation"),
    path("plans/prices/<uuid:price_id>/", plans.subscribe, name="subscribe"),
    path("membership/", membership.show, name="membership"),
    path("membership/manage/", membership_there.manage, name="membership_manage"),
    path("membership/returned/", membership_there.returned, name="membership_returned"),
    path("membership/<uuid:subscription_id>/continue/", membership_there.go_on, name="membership_continue"),
    path("membership/<uuid:subscription_id>/change/<uuid:price_id>/", membership.change, name="membership_change"),
    path("membership/<uuid:subscription_id>/cancel/", membership.cancel, name="membership_cancel"),
    path("membership/<uuid:subscription_id>/keep/", membership.keep, name="membership_keep"),
    path("membership/<uuid:subscription_id>/pause/", membership.pause, name="membership_pause"),
    path("membership/<uuid:subscription_id>/resume/", membership.resume, name="membership_resume"),
    path("membership/methods/<uuid:method_id>/forget/", membership.forget, name="membership_forget"),
    path("membership/methods/<uuid:method_id>/sandbox/", membership.sandbox_card, name="membership_sandbox_card"),
    path("membership/allowances/<str:unit>/", membership.lines, name="allowance_lines"),
]

navigation.entry("plans", _("Plans"), icon="list", route="plans", who="all", order=70, places=(Place.LEARN,))
navigation.entry("membership", _("Membership"), icon="sparkles", route="membership", who="member", order=59)
