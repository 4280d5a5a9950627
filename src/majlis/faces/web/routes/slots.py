"""Free times of a teacher, as a fragment."""

from django.urls import path

from majlis.faces.web.views import slots

urlpatterns = [path("teachers/<name:slug>/slots", slots.slots, name="slots")]
