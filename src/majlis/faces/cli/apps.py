from django.apps import AppConfig


class CliConfig(AppConfig):
    name = "majlis.faces.cli"
    label = "cli"
