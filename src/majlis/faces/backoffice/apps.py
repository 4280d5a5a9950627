from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig


class BackofficeConfig(AppConfig):
    name = "majlis.faces.backoffice"
    label = "backoffice"

    def ready(self) -> None:
        from majlis.faces.backoffice.wording import name_sections

        name_sections()


class OfficeAdminConfig(SimpleAdminConfig):
    """Django's admin without its search for `admin.py` files: pages of the office stand in this package alone."""

    default_site = "majlis.faces.backoffice.site.OfficeSite"
