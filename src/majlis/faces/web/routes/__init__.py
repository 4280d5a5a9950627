"""The addresses of the pages, one file per area, each with `urlpatterns`."""

from django.urls import register_converter

from majlis.faces.web.addresses import NameConverter

register_converter(NameConverter, "name")
