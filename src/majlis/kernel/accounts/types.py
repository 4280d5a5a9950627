"""The words of accounts."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Gender(models.TextChoices):
    FEMALE = "female", _("Female")
    MALE = "male", _("Male")


class UserStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    # For a time, by staff; can sign in again afterwards.
    SUSPENDED = "suspended", _("Suspended")
    # For good, by staff.
    BLOCKED = "blocked", _("Blocked")
    # Deleted by its owner: nothing personal is left, the books are.
    ANONYMISED = "anonymised", _("Deleted")
