"""The addresses of teachers."""

from django.urls import path

from majlis.faces.web.views import experts

urlpatterns = [
    path("teachers/", experts.search, name="search"),
    path("teachers/<name:slug>/", experts.expert, name="expert"),
    path("teachers/<name:slug>/video/", experts.video, name="expert_video"),
    path("teachers/<name:slug>/favourite/", experts.favourite, name="favourite"),
    path("favourites/", experts.favourites, name="favourites"),
]
