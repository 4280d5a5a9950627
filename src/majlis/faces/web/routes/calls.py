"""The addresses of calls."""

from django.urls import path

from majlis.faces.web.views import calls

urlpatterns = [
    path("calls/<uuid:room_id>/", calls.room, name="room"),
    path("calls/recordings/<uuid:recording_id>/withdraw/", calls.withdraw, name="recording_withdraw"),
]
