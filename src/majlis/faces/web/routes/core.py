from django.urls import path

from majlis.faces.web.views import core

urlpatterns = [
    path("", core.home, name="home"),
    path("language/", core.choose_language, name="choose_language"),
]
