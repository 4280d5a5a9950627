"""Every address of the house."""

from django.urls import include, path

urlpatterns = [
    # Looked through in this order: the two with a beginning of their own do not wait for all pages.
    path("api/v1/", include("majlis.faces.api.urls")),
    path("office/", include("majlis.faces.backoffice.urls")),
    path("", include("majlis.faces.web.urls")),
]

handler400 = "majlis.faces.web.views.errors.bad_request"
handler403 = "majlis.faces.web.views.errors.forbidden"
handler404 = "majlis.faces.web.views.errors.not_found"
handler500 = "majlis.faces.web.views.errors.fault"
