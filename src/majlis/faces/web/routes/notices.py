from django.urls import path
from django.utils.translation import gettext_lazy as _

from majlis.faces.web import navigation
from majlis.faces.web.navigation import Place
from majlis.faces.web.views import notices
from majlis.kernel.notices.queries import unread_count

urlpatterns = [
    path("notices/", notices.centre, name="notices"),
    path("notices/latest/", notices.latest, name="notices_latest"),
    path("notices/read/", notices.read_all, name="notices_read"),
    path("notices/<uuid:notice_id>/", notices.follow, name="notice"),
    path("notices/unsubscribe/<str:token>/", notices.unsubscribe, name="unsubscribe"),
    path("settings/notifications/", notices.wishes, name="settings_notifications"),
]

navigation.entry(
    "notices",
    _("Notices"),
    icon="bell",
    route="notices",
    who="member",
    order=70,
    places=(Place.ACCOUNT,),
    count=unread_count,
)
