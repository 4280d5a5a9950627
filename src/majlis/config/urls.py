"""Every address of the house."""

from django.urls import include, path

urlpatterns = [
    path("", include("majlis.faces.web.urls")),
    path("api/v1/", include("majlis.faces.api.urls")),
    path("office/", include("majlis.faces.backoffice.urls")),
]

handler400 = "majlis.faces.web.views.errors.bad_request"
handler403 = "majlis.faces.web.views.errors.forbidden"
handler404 = "majlis.faces.web.views.errors.not_found"
handler500 = "majlis.faces.web.views.errors.fault"
