"""Ways to pay that are kept for renewals."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from majlis.kit.db import Record


class SavedMethod(Record):
    """A way to pay that a provider keeps for a person, to be charged while they are away: the provider's name of it and
    what the person recognises it by. Never a card number."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    gateway = models.CharField(max_length=20)
    ref = models.CharField(max_length=200)
    label = models.CharField(max_length=60)
    removed_at = models.DateTimeField(null=True)
    """Not charged any more from then on."""

    class Meta:
        verbose_name, verbose_name_plural = _("saved way to pay"), _("saved ways to pay")
        constraints = [models.UniqueConstraint("gateway", "ref", name="saved_method_is_kept_once")]
        indexes = [models.Index(fields=["person", "-id"], name="saved_methods_of_a_person")]

    def __str__(self) -> str:
        return self.label


class SandboxCard(models.Model):
    """A card the sandbox provider keeps: its own books, as `SandboxSession`."""

    ref = models.CharField(max_length=64, primary_key=True)
    label = models.CharField(max_length=60)
    declines = models.BooleanField(default=False)
    """Its bank refuses every charge."""

    def __str__(self) -> str:
        return self.label
