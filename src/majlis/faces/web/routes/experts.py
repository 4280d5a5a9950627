"""The addresses of teachers."""

from django.urls import path

from majlis.faces.web.views import experts

urlpatterns = [
    path("teachers/", experts.search, name="search"),
    path("teachers/<slug:slug>/", experts.expert, name="expert"),
    path("teachers/<slug:slug>/video/", experts.video, name="expert_video"),
    path("teachers/<slug:slug>/favourite/", experts.favourite, name="favourite"),
    path("favourites/", experts.favourites, name="favourites"),
]
