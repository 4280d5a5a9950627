"""The back office."""

from django.urls import path

import majlis.faces.backoffice as here
from majlis.faces.backoffice.site import office
from majlis.faces.collect import areas

AREAS = list(areas(here))  # importing an area registers its pages

urlpatterns = [path("", office.urls)]
