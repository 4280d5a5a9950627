from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig


class BackofficeConfig(AppConfig):
    name = "majlis.faces.backoffice"
    label = "backoffice"


class OfficeAdminConfig(SimpleAdminConfig):
    """Django's admin without its search for `admin.py` files: pages of the office stand in this package alone."""

    default_site = "majlis.faces.backoffice.site.OfficeSite"
