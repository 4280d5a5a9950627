from django.urls import path, re_path

from majlis.faces.web.views import files

urlpatterns = [
    re_path(r"^files/public/(?P<file_id>[0-9a-f-]{36})/(?P<variant>full|\d{2,4})$", files.public, name="public_file"),
    path("files/<uuid:file_id>/<str:name>", files.signed, name="file"),
]
