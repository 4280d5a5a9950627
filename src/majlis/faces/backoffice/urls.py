"""The back office."""

from django.contrib import admin
from django.urls import path

import majlis.faces.backoffice as here
from majlis.faces.collect import areas

AREAS = list(areas(here))  # importing an area registers its pages

urlpatterns = [path("", admin.site.urls)]
