"""The words of the catalogue."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Scale(models.TextChoices):
    """A ladder of levels. A subject is taught along one or several of them."""

    # Years of school and university: sd, smp, sma, university.
    SCHOOL = "school", _("School and university")
    # The Common European Framework for languages: A1 to C2.
    CEFR = "cefr", _("Language level (CEFR)")
    # For everyone, and for people at work.
    OPEN = "open", _("General and professional")


class OfferKind(models.TextChoices):
    """What kind of thing an offer sells; the product that sells it reads `facts`."""

    PLAN = "plan", _("Plan")
    PACKAGE = "package", _("Package")
    PIECE = "piece", _("Single piece")
    TRAFFIC = "traffic", _("Traffic")
