"""Every address of the house."""

from django.urls import include, path

urlpatterns = [
    path("", include("majlis.faces.web.urls")),
    path("api/v1/", include("majlis.faces.api.urls")),
    path("office/", include("majlis.faces.backoffice.urls")),
]
