"""The addresses of becoming a teacher."""

from django.urls import path

from majlis.faces.web.views import teach

urlpatterns = [
    path("teach/", teach.teach, name="teach"),
    path("teach/start/", teach.start, name="teach_start"),
    path("teach/subjects/<uuid:subject_id>/<slug:level>/remove/", teach.remove_subject, name="teach_remove_subject"),
    path("teach/upload/<slug:what>/", teach.upload, name="teach_upload"),
    path("teach/add/<slug:what>/", teach.add_paper, name="teach_add"),
    path("teach/remove/<slug:what>/", teach.remove, name="teach_remove"),
    path("teach/remove/<slug:what>/<uuid:row_id>/", teach.remove, name="teach_remove"),
    path("teach/do/<slug:act>/", teach.change_standing, name="teach_act"),
    path("teach/<slug:step>/", teach.step, name="teach_step"),
]
