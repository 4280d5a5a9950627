from django.urls import path
from django.utils.translation import gettext_lazy as _

from majlis.engines.messaging.queries import unread_total
from majlis.faces.web import navigation
from majlis.faces.web.navigation import Place
from majlis.faces.web.views import inbox

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/with/<uuid:person_id>/", inbox.talk, name="talk"),
    path("inbox/<uuid:conversation_id>/", inbox.conversation, name="conversation"),
    path("inbox/<uuid:conversation_id>/messages/", inbox.messages, name="conversation_messages"),
    path("inbox/<uuid:conversation_id>/read/", inbox.read, name="conversation_read"),
    path("inbox/<uuid:conversation_id>/typing/", inbox.typing, name="conversation_typing"),
    path("inbox/<uuid:conversation_id>/stand/", inbox.stand, name="conversation_stand"),
    path("inbox/<uuid:conversation_id>/<uuid:message_id>/", inbox.message, name="conversation_message"),
]

navigation.entry(
    "inbox",
    _("Messages"),
    icon="message-circle",
    route="inbox",
    who="member",
    order=30,
    places=(Place.ACCOUNT, Place.TABS),
    count=unread_total,
)
