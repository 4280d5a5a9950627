"""Free times of a teacher, as a fragment."""

from django.urls import path

from majlis.faces.web.views import slots

urlpatterns = [path("teachers/<slug:slug>/slots", slots.slots, name="slots")]
