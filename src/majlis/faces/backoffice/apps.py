from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "majlis.faces.backoffice"
    label = "backoffice"
