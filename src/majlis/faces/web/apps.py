from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "majlis.faces.web"
    label = "web"
